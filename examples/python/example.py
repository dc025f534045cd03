"""Starts a program that asks for a name, answers it, and prints all that it writes, and how it ended.

    ndctl daemon start && python3 examples/python/example.py
"""

from netdaemon_client import Client, NetdaemonError

SCRIPT = 'echo "Who is there?" >&2; read name; echo "Hello, $name."; exit 3'

with Client() as daemon:
    print("speaking with", daemon.hello["software"].split()[0])
    program = daemon.call(
        "START",
        spec={"command": "sh", "args": ["-c", SCRIPT], "name": "greeter", "autoRemove": True},
        attach={"from": "start", "lossless": True},
    )
    print("running:", [each["id"] for each in daemon.call("LIST", states=["running"])["processes"]])
    for channel, data in program.output():
        print({1: "stdout", 2: "stderr"}[channel], data.decode().rstrip())
        if channel == 2:
            program.write(b"Python\n")
    print("it has", program.state["kind"], "with", program.state["code"])

    try:
        daemon.call("START", spec={"command": "/no/such/program"})
    except NetdaemonError as error:
        print(error.code, error.errno)
