/* Counts fsync and fdatasync of every process that preloads this library, and can make each one slower.
 *
 * BENCH_SYNC_FILE      a file whose first 8 bytes become the count (unsigned, in the machine's byte order)
 * BENCH_SYNC_DELAY_US  microseconds that each call takes longer; default 0
 *
 * The counter is shared memory over the file, so that other processes can read it at any moment. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_call)(int);

static sync_call real_fsync, real_fdatasync;
static _Atomic uint64_t *count;
static struct timespec delay;

__attribute__((constructor)) static void prepare(void) {
  real_fsync = (sync_call)dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (sync_call)dlsym(RTLD_NEXT, "fdatasync");
  const char *delay_us = getenv("BENCH_SYNC_DELAY_US");
  long us = delay_us ? atol(delay_us) : 0;
  delay.tv_sec = us / 1000000;
  delay.tv_nsec = us % 1000000 * 1000;
  const char *path = getenv("BENCH_SYNC_FILE");
  if (!path) return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (ftruncate(file, sizeof *count) == 0) {
    void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared != MAP_FAILED) count = shared;
  }
  close(file);
}

static int counted(sync_call call, int file) {
  if (count) ++*count;
  if (delay.tv_sec || delay.tv_nsec) {
    struct timespec left = delay;
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }
  return call(file);
}

int fsync(int file) { return counted(real_fsync, file); }
int fdatasync(int file) { return counted(real_fdatasync, file); }
