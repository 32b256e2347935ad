#include "base/clock.h"

#include "base/macros.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

lt_time lt_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (lt_time)ts.tv_sec * LT_SECOND + ts.tv_nsec / 1000;
}

int64_t lt_monotonic_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void lt_sleep_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&left, &left) && errno == EINTR)
        continue;
}

/* Splits into whole seconds (rounded down) and microseconds. */
static struct tm split(lt_time at, lt_time shift, int *micros)
{
    const lt_time shifted = at + shift;
    lt_time seconds = shifted / LT_SECOND;
    lt_time rest = shifted % LT_SECOND;
    if (rest < 0) {
        seconds--;
        rest += LT_SECOND;
    }
    *micros = (int)rest;
    const time_t t = (time_t)seconds;
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    return tm;
}

const char *lt_time_utc(lt_time at, char *buf, size_t size)
{
    if (at == LT_TIME_NONE || at == LT_TIME_END) {
        snprintf(buf, size, "%s", at == LT_TIME_NONE ? "-" : "never");
        return buf;
    }
    int micros;
    const struct tm tm = split(at, 0, &micros);
    snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, micros);
    return buf;
}

const char *lt_time_vn(lt_time at, char *buf, size_t size)
{
    if (at == LT_TIME_NONE || at == LT_TIME_END) {
        snprintf(buf, size, "-");
        return buf;
    }
    int micros;
    const struct tm tm = split(at, 7 * 3600 * LT_SECOND, &micros);
    snprintf(buf, size, "%02d/%02d/%04d %02d:%02d:%02d", tm.tm_mday, tm.tm_mon + 1,
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return buf;
}

enum lt_skew lt_skew_class(lt_time difference, lt_time alarm, lt_time bound)
{
    const lt_time apart = difference < 0 ? -difference : difference;
    return apart > bound ? LT_SKEW_STOP : apart > alarm ? LT_SKEW_ALARM : LT_SKEW_FINE;
}

lt_time lt_clock_apart(lt_time theirs, lt_time asked, lt_time answered)
{
    return theirs < asked ? theirs - asked : theirs > answered ? theirs - answered : 0;
}

int64_t lt_backoff_ms(int64_t last_ms, int64_t base_ms, int64_t cap_ms, uint64_t random)
{
    const int64_t top = LT_MAX(last_ms, base_ms) * 3;
    const int64_t spread = LT_MAX(top - base_ms, (int64_t)1);
    return LT_MIN(cap_ms, base_ms + (int64_t)(random % (uint64_t)spread));
}

uint64_t lt_random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
