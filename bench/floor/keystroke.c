// The floor of a keystroke: one byte from a client over a SEQPACKET socket to a relay, which writes it to the pipe of "cat"
// and sends back what it reads: the way through the daemon, in C. Usage: keystroke COUNT. Prints the microseconds of each,
// one a line.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Relays until the client closes its end. */
static int relay(int client) {
  char buffer[64 * 1024];
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
  struct pollfd watched[] = {{client, POLLIN, 0}, {out[0], POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) return 1;
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
  }
  close(in[1]);
  waitpid(child, NULL, 0);
  return 0;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1000;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return 1;
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(pair[0]);
    _exit(relay(pair[1]));
  }
  close(pair[1]);
  for (int i = 0; i < count; i++) {
    char byte = 'x';
    double begun = now();
    if (send(pair[0], &byte, 1, MSG_NOSIGNAL) != 1 || recv(pair[0], &byte, 1, 0) != 1) return 1;
    printf("%.1f\n", now() - begun);
  }
  close(pair[0]);
  waitpid(child, NULL, 0);
  return 0;
}
