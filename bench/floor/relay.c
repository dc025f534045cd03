// The floor of bulk output: what a tuned relay in C takes to carry the output of "cat FILE" to a reader, over a pipe and a
// SEQPACKET socket, as the daemon and a client do. Usage: relay FILE prints bytes and seconds; relay FILE - writes what has
// come to stdout instead, as ndctl does.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (64 * 1024)
extern char **environ;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  static char buffer[CHUNK];
  int pair[2], out[2];
  if (argc != 2 && argc != 3) return 2;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) die("socketpair");
  if (pipe2(out, O_CLOEXEC) != 0) die("pipe2");
  double begun = now();
  pid_t relay = fork();
  if (relay < 0) die("fork");
  if (relay == 0) {
    close(pair[0]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    char *words[] = {"cat", argv[1], NULL};
    pid_t child;
    if (posix_spawnp(&child, "cat", &actions, NULL, words, environ) != 0) die("posix_spawnp");
    close(out[1]);
    ssize_t got;
    while ((got = read(out[0], buffer, CHUNK)) > 0)
      if (send(pair[1], buffer, got, MSG_NOSIGNAL) != got) die("send");
    waitpid(child, NULL, 0);
    _exit(0);
  }
  close(pair[1]);
  close(out[0]);
  close(out[1]);
  long long total = 0;
  ssize_t got;
  while ((got = recv(pair[0], buffer, CHUNK, 0)) > 0) {
    total += got;
    if (argc == 3)
      for (ssize_t at = 0, put; at < got; at += put)
        if ((put = write(1, buffer + at, got - at)) < 0) die("write");
  }
  if (argc == 2) printf("%lld %.6f\n", total, now() - begun);
  waitpid(relay, NULL, 0);
  return 0;
}
