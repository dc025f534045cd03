// The floor of a start: posix_spawn of "/bin/echo x" with its output on a pipe, until the first byte is read. Usage: spawn
// COUNT. Prints the microseconds of each, one a line.
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

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 100;
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
    if (posix_spawn(&child, words[0], &actions, NULL, words, environ) != 0) return 1;
    close(out[1]);
    if (read(out[0], buffer, sizeof buffer) != 2) return 1;
    printf("%.1f\n", now() - begun);
    close(out[0]);
    posix_spawn_file_actions_destroy(&actions);
    waitpid(child, NULL, 0);
  }
  return 0;
}
