#include "base/clock.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static atomic_bool stopping, asked;
static int stop_fd = -1; /* readable, for ever, once stopping */

bool lt_stopping(void)
{
    return atomic_load(&stopping);
}

bool lt_stop_asked(void)
{
    return atomic_load(&asked);
}

static void request_stop(void)
{
    const uint64_t one = 1;
    if (write(stop_fd, &one, sizeof(one)) < 0)
        return; /* the counter is full: somebody asked before */
}

void lt_stop(void)
{
    atomic_store(&stopping, true);
    if (stop_fd >= 0)
        request_stop();
}

static void on_signal(int number)
{
    if (atomic_exchange(&asked, true))
        _exit(128 + number);
    atomic_store(&stopping, true);
    const int saved = errno;
    request_stop();
    errno = saved;
}

void lt_daemon_signals(void)
{
    stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    lt_assert(stop_fd >= 0);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- the time that is left ---- */

struct deadline {
    int64_t ms;
    int (*overdue)(void);
};

static void *end_in_time(void *arg)
{
    const struct deadline *deadline = arg;
    struct pollfd pfd = {.fd = stop_fd, .events = POLLIN};
    while (!lt_stopping())
        poll(&pfd, 1, -1);
    lt_sleep_ms(deadline->ms);
    _exit(deadline->overdue());
}

void lt_stop_within(int64_t ms, int (*overdue)(void))
{
    static struct deadline deadline;
    lt_assert(stop_fd >= 0 && deadline.overdue == NULL);
    deadline = (struct deadline){.ms = ms, .overdue = overdue};
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, end_in_time, &deadline);
    lt_assert(rc == 0);
    pthread_detach(thread);
}

bool lt_stop_wait(int64_t ms)
{
    const int64_t until = lt_monotonic_ms() + ms;
    while (!lt_stopping()) {
        const int64_t left = until - lt_monotonic_ms();
        if (left <= 0)
            return false;
        struct pollfd pfd = {.fd = stop_fd, .events = POLLIN};
        poll(&pfd, 1, (int)LT_MIN(left, (int64_t)60000));
    }
    return true;
}

void lt_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof(address.sun_path))
        return;
    strcpy(address.sun_path, path);
    const socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, len) < 0)
        perror("cannot notify the service manager (ignored)");
    close(fd);
}
