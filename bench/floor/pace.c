// A program that writes steadily: lines of text, CHUNK bytes every INTERVAL milliseconds, TICKS times. Usage: pace CHUNK
// INTERVAL TICKS.
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  size_t chunk = atoi(argv[1]);
  long interval = atol(argv[2]) * 1000000;
  char *text = malloc(chunk);
  for (size_t i = 0; i < chunk; i++) text[i] = i % 80 == 79 ? '\n' : 'a' + i % 26;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (int tick = atoi(argv[3]); tick > 0; tick--) {
    for (size_t done = 0; done < chunk;) {
      ssize_t wrote = write(1, text + done, chunk - done);
      if (wrote < 0) return 1;
      done += wrote;
    }
    next.tv_nsec += interval;
    next.tv_sec += next.tv_nsec / 1000000000;
    next.tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
  return 0;
}
