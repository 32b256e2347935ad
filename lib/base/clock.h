/**
 * @file
 * Time, handed in.  Layer 0.  Pure cores take `now` as a number; programs ask this clock.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Microseconds since 1970-01-01 UTC.  INT64_MIN means never/none, INT64_MAX no end. */
typedef int64_t lt_time;
#define LT_TIME_NONE INT64_MIN
#define LT_TIME_END  INT64_MAX
#define LT_SECOND    ((lt_time)1000000)
#define LT_MILLI     ((lt_time)1000)

lt_time lt_now(void);          /**< wall clock, UTC */
int64_t lt_monotonic_ms(void); /**< for time-outs and intervals only */
void lt_sleep_ms(int64_t ms);

/** "2026-11-25T02:04:19.123456Z" into buf (32 bytes suffice); returns buf. */
const char *lt_time_utc(lt_time at, char *buf, size_t size);
/** "25/11/2026 09:04:19" in Asia/Ho_Chi_Minh (UTC+7, no daylight saving), for people. */
const char *lt_time_vn(lt_time at, char *buf, size_t size);

enum lt_skew { LT_SKEW_FINE, LT_SKEW_ALARM, LT_SKEW_STOP };
/** How far two clocks lie apart, in either direction, against the two limits (DT-4). */
enum lt_skew lt_skew_class(lt_time difference, lt_time alarm, lt_time bound);
/** How far another clock lies ahead of ours, told what it said between our asking and its answer; 0
 * when it said a moment between the two. */
lt_time lt_clock_apart(lt_time theirs, lt_time asked, lt_time answered);

/** Back-off with decorrelated jitter: feed back the last delay (0 at first). */
int64_t lt_backoff_ms(int64_t last_ms, int64_t base_ms, int64_t cap_ms, uint64_t random);

/** splitmix64: a seeded sequence for simulations and jitter; not for secrets. */
uint64_t lt_random_next(uint64_t *state);
