/*
 * A program that was asked to stop ends in its time, whatever it hangs in (SIGNALS of the manual
 * pages); one that ends by itself is left alone.  Each test plays it in a child.
 */
#include "support/cm.h"

#include "base/clock.h"
#include "daemon/daemon.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS  300
#define OVERDUE   7
#define BY_ITSELF 5

static int overdue(void)
{
    return lt_stop_asked() ? OVERDUE : OVERDUE + 1;
}

static pid_t child(void (*life)(void))
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        lt_daemon_signals();
        lt_stop_within(LIMIT_MS, overdue);
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        life();
        _exit(BY_ITSELF);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static int status_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* As in a call that waits for a server, signals or not. */
static void hang(void)
{
    for (int64_t end = lt_monotonic_ms() + 20000; lt_monotonic_ms() < end;)
        lt_sleep_ms(100);
}

static void stop_and_hang(void)
{
    lt_stop();
    hang();
}

static void end_when_asked(void)
{
    while (!lt_stop_wait(1000)) {
    }
}

static void ends_in_time_whatever_hangs(void **state)
{
    (void)state;
    pid_t pid = child(hang);
    lt_sleep_ms(2 * LIMIT_MS); /* nobody asked yet: it lives */
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    int64_t asked = lt_monotonic_ms();
    kill(pid, SIGTERM);
    assert_int_equal(status_of(pid), OVERDUE);
    int64_t took = lt_monotonic_ms() - asked;
    assert_in_range(took, LIMIT_MS, LIMIT_MS + 2000);
}

static void a_stop_of_its_own_is_told_from_one_that_was_asked_for(void **state)
{
    (void)state;
    assert_int_equal(status_of(child(stop_and_hang)), OVERDUE + 1);
}

static void one_that_ends_by_itself_keeps_its_status(void **state)
{
    (void)state;
    pid_t pid = child(end_when_asked);
    kill(pid, SIGTERM);
    assert_int_equal(status_of(pid), BY_ITSELF);
}

static void a_second_signal_ends_it_at_once(void **state)
{
    (void)state;
    pid_t pid = child(hang);
    kill(pid, SIGTERM);
    lt_sleep_ms(LIMIT_MS / 3);
    kill(pid, SIGTERM);
    assert_int_equal(status_of(pid), 128 + SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_in_time_whatever_hangs),
        cmocka_unit_test(a_stop_of_its_own_is_told_from_one_that_was_asked_for),
        cmocka_unit_test(one_that_ends_by_itself_keeps_its_status),
        cmocka_unit_test(a_second_signal_ends_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
