// The floor of a keystroke: one byte from a client over a SEQPACKET socket to a relay, which writes it to the pipe of "cat"
// and sends back what it reads: the way through the daemon, in C. Usage: keystroke COUNT [unread|read]. Prints the
// microseconds of each, one a line. With a second word the same relay, which has one thread, also carries what "yes" writes,
// and drops it, or sends it to a reader. keystroke COUNT via COMMAND… has another program relay to a cat of its own: its file
// descriptor 3 is a stream socket.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* A flood and where it goes to; -1 if there is none. */
struct flood {
  int from, to;
  pid_t writer, reader;
};

static struct flood start_flood(const char *kind) {
  struct flood flood = {-1, -1, -1, -1};
  int out[2], pair[2];
  if (kind == NULL) return flood;
  if (pipe2(out, O_CLOEXEC) != 0) exit(1);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  char *words[] = {"yes", NULL};
  if (posix_spawnp(&flood.writer, "yes", &actions, NULL, words, environ) != 0) exit(1);
  close(out[1]);
  flood.from = out[0];
  if (strcmp(kind, "read") != 0) return flood;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) exit(1);
  if ((flood.reader = fork()) == 0) {
    static char buffer[64 * 1024];
    close(pair[0]);
    while (recv(pair[1], buffer, sizeof buffer, 0) > 0) continue;
    _exit(0);
  }
  close(pair[1]);
  flood.to = pair[0];
  return flood;
}

static void end_flood(struct flood flood) {
  if (flood.writer > 0) kill(flood.writer, SIGKILL), waitpid(flood.writer, NULL, 0);
  if (flood.reader > 0) kill(flood.reader, SIGKILL), waitpid(flood.reader, NULL, 0);
}

/* Relays until the client closes its end. */
static int relay(int client, const char *kind) {
  static char buffer[64 * 1024];
  struct flood flood = start_flood(kind);
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) return 1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  char *words[] = {"cat", NULL};
  pid_t child;
  if (posix_spawnp(&child, "cat", &actions, NULL, words, environ) != 0) return 1;
  close(in[0]);
  close(out[1]);
  struct pollfd watched[] = {{client, POLLIN, 0}, {out[0], POLLIN, 0}, {flood.from, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 3, -1) < 0) return 1;
    if (watched[0].revents) {
      ssize_t got = recv(client, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      if (write(in[1], buffer, got) != got) return 1;
    }
    if (watched[1].revents) {
      ssize_t got = read(out[0], buffer, sizeof buffer);
      if (got <= 0) break;
      if (send(client, buffer, got, MSG_NOSIGNAL) != got) return 1;
    }
    if (watched[2].revents) {
      ssize_t got = read(flood.from, buffer, sizeof buffer);
      if (got <= 0) break;
      if (flood.to >= 0 && send(flood.to, buffer, got, MSG_NOSIGNAL) != got) return 1;
    }
  }
  end_flood(flood);
  close(in[1]);
  waitpid(child, NULL, 0);
  return 0;
}

/* Round trips of another program before those that count: it starts, and its code is compiled. */
#define WARM_UP 1000

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1000;
  int via = argc > 3 && strcmp(argv[2], "via") == 0;
  int pair[2];
  if (socketpair(AF_UNIX, (via ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC, 0, pair) != 0) return 1;
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(pair[0]);
    if (!via) _exit(relay(pair[1], argc > 2 ? argv[2] : NULL));
    /* dup2 would leave it closed on exec if it had this number already. */
    if (pair[1] == 3 ? fcntl(3, F_SETFD, 0) != 0 : dup2(pair[1], 3) != 3) _exit(1);
    execvp(argv[3], argv + 3);
    _exit(127);
  }
  close(pair[1]);
  for (int i = via ? -WARM_UP : 0; i < count; i++) {
    char byte = 'x';
    double begun = now();
    if (send(pair[0], &byte, 1, MSG_NOSIGNAL) != 1 || recv(pair[0], &byte, 1, 0) != 1) return 1;
    if (i >= 0) printf("%.1f\n", now() - begun);
  }
  close(pair[0]);
  waitpid(child, NULL, 0);
  return 0;
}
