/*
 * C11 threads' timed waits under libfaketime, which knows only those of POSIX: the moment that is
 * waited for is one of the faked clock, the kernel's is another.  librdkafka waits so for
 * everything.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000L

typedef int wait_function(cnd_t *, mtx_t *, const struct timespec *);

static long long nanoseconds(const struct timespec *at)
{
    return at->tv_sec * SECOND + at->tv_nsec;
}

int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
    struct timespec faked, real;
    clock_gettime(CLOCK_REALTIME, &faked); /* libfaketime's */
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
    long long moment = nanoseconds(&real) + nanoseconds(until) - nanoseconds(&faked);
    if (moment < 0)
        moment = 0;
    const struct timespec then = {.tv_sec = moment / SECOND, .tv_nsec = moment % SECOND};
    union {
        void *any;
        wait_function *function;
    } next = {.any = dlsym(RTLD_NEXT, "cnd_timedwait")};
    return next.function(cond, mutex, &then);
}
