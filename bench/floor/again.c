// The floor of what services go through, with posix_spawn and waitpid in C.
//
//   again COUNT again   a program that prints its pid is killed, waited for and started again: prints, one a line, the microseconds
//                       from the signal to the first byte of the next
//   again COUNT tree N  a shell with N children that sleep, in a group of their own, is sent SIGTERM as a group: prints, one a line,
//                       the microseconds until all of them have been waited for
//   again COUNT sleep   COUNT sleeping programs are started: prints the milliseconds for all of them
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Starts a script in a session of its own, with its output on a pipe, whose read end is told; -1: it can't. */
static pid_t start(char *script, int *out) {
  int ends[2];
  pid_t child;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  char *words[] = {"/bin/sh", "-c", script, NULL};
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  int error = posix_spawn(&child, words[0], &actions, &attributes, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  *out = ends[0];
  return error == 0 ? child : -1;
}

static int first_byte(int out) {
  char buffer[64];
  return read(out, buffer, sizeof buffer) > 0;
}

static int again(int count) {
  char *script = "echo $$; exec sleep 100000";
  int out;
  pid_t child = start(script, &out);
  for (int i = 0; i < count; i++) {
    if (child < 0 || !first_byte(out)) return 1;
    double begun = now();
    kill(child, SIGKILL);
    if (waitpid(child, NULL, 0) != child) return 1;
    close(out);
    child = start(script, &out);
    if (child < 0 || !first_byte(out)) return 1;
    printf("%.1f\n", now() - begun);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(out);
    child = start(script, &out);
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return 0;
}

static int tree(int count, int size) {
  char script[200];
  snprintf(script, sizeof script, "i=0; while [ $i -lt %d ]; do sleep 100000 & i=$((i+1)); done; echo; wait", size);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return 1;
  for (int i = 0; i < count; i++) {
    int out;
    pid_t child = start(script, &out);
    if (child < 0 || !first_byte(out)) return 1;
    double begun = now();
    kill(-child, SIGTERM);
    while (waitpid(-1, NULL, 0) > 0) continue;
    printf("%.1f\n", now() - begun);
    close(out);
  }
  return 0;
}

static int sleeping(int count) {
  pid_t *children = calloc(count, sizeof *children);
  char *words[] = {"/bin/sleep", "100000", NULL};
  double begun = now();
  for (int i = 0; i < count; i++) {
    if (posix_spawn(&children[i], words[0], NULL, NULL, words, environ) != 0) return 1;
  }
  printf("%.3f\n", (now() - begun) / 1e3);
  for (int i = 0; i < count; i++) kill(children[i], SIGKILL);
  while (waitpid(-1, NULL, 0) > 0) continue;
  free(children);
  return 0;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 10;
  const char *what = argc > 2 ? argv[2] : "again";
  if (strcmp(what, "tree") == 0) return tree(count, argc > 3 ? atoi(argv[3]) : 99);
  return strcmp(what, "sleep") == 0 ? sleeping(count) : again(count);
}
