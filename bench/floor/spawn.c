// The floor of a start: posix_spawn in C.
//
//   spawn COUNT        "/bin/echo x" with its output on a pipe: prints, one a line, the microseconds until the first byte
//                      is read, and those of the posix_spawn call alone
//   spawn COUNT rate   "/bin/true", one after the other, each waited for: prints the seconds for all
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int first_bytes(int count) {
  for (int i = 0; i < count; i++) {
    char buffer[64];
    int out[2];
    double begun = now();
    if (pipe2(out, O_CLOEXEC) != 0) return 1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    char *words[] = {"/bin/echo", "x", NULL};
    pid_t child;
    double called = now();
    if (posix_spawn(&child, words[0], &actions, NULL, words, environ) != 0) return 1;
    double returned = now();
    close(out[1]);
    if (read(out[0], buffer, sizeof buffer) != 2) return 1;
    printf("%.1f %.1f\n", now() - begun, returned - called);
    close(out[0]);
    posix_spawn_file_actions_destroy(&actions);
    waitpid(child, NULL, 0);
  }
  return 0;
}

static int rate(int count) {
  double begun = now();
  for (int i = 0; i < count; i++) {
    char *words[] = {"/bin/true", NULL};
    pid_t child;
    int status;
    if (posix_spawn(&child, words[0], NULL, NULL, words, environ) != 0) return 1;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  printf("%.6f\n", (now() - begun) / 1e6);
  return 0;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 100;
  return argc > 2 ? rate(count) : first_bytes(count);
}
