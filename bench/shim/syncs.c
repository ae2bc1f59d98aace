/* Counts fsync and fdatasync of every process that preloads this library, and can make each one slower.
 *
 * BENCH_SYNC_FILE  a file of two unsigned numbers of 8 bytes in the machine's byte order: the count, and the
 *                  microseconds that each call takes longer
 *
 * Both are shared memory over the file: other processes can read the count and set the delay at any moment. */
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
static struct {
  _Atomic uint64_t count;
  _Atomic uint64_t delay_us;
} *shared;

__attribute__((constructor)) static void prepare(void) {
  real_fsync = (sync_call)dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (sync_call)dlsym(RTLD_NEXT, "fdatasync");
  const char *path = getenv("BENCH_SYNC_FILE");
  if (!path) return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (ftruncate(file, sizeof *shared) == 0) {
    void *memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) shared = memory;
  }
  close(file);
}

static int counted(sync_call call, int file) {
  if (shared) {
    ++shared->count;
    uint64_t us = shared->delay_us;
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    while (us && nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }
  return call(file);
}

int fsync(int file) { return counted(real_fsync, file); }
int fdatasync(int file) { return counted(real_fdatasync, file); }
