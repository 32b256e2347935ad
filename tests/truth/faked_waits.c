/*
 * Timed waits under libfaketime.  C11 threads', by which librdkafka waits for everything, it does
 * not know: the moment that is waited for is one of the faked clock, the kernel's is another. POSIX
 * threads', by which a Java machine waits on the monotonic clock, it takes for waits on the faked
 * one, and they end at once; they go to the C library as they are.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000L

typedef int c11_wait(cnd_t *, mtx_t *, const struct timespec *);
typedef int posix_wait(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

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
        c11_wait *function;
    } next = {.any = dlsym(RTLD_NEXT, "cnd_timedwait")};
    return next.function(cond, mutex, &then);
}

int pthread_cond_timedwait(pthread_cond_t *cond,
                           pthread_mutex_t *mutex,
                           const struct timespec *until)
{
    static union {
        void *any;
        posix_wait *function;
    } libc;
    if (!libc.any)
        libc.any = dlvsym(dlopen("libc.so.6", RTLD_LAZY), "pthread_cond_timedwait", "GLIBC_2.3.2");
    return libc.function(cond, mutex, until);
}
