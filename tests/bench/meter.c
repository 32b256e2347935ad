#include "bench/meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"

static int64_t clock_ns(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec * INT64_C(1000000000) + at.tv_nsec;
}

/* Its first field is the CPU time in nanoseconds. */
static int64_t server_ns(const struct meter *meter)
{
    char path[64];
    long long spent = 0;
    snprintf(path, sizeof(path), "/proc/%d/schedstat", meter->server_pid);
    FILE *file = meter->server_pid > 0 ? fopen(path, "r") : NULL;
    char line[128] = "";
    if (file != NULL) {
        if (fgets(line, sizeof(line), file) != NULL) {
            spent = strtoll(line, NULL, 10);
        }
        fclose(file);
    }
    return spent;
}

void meter_start(struct meter *meter)
{
    meter->server_ns -= server_ns(meter);
    meter->cpu_ns -= clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    meter->wall_ns -= clock_ns(CLOCK_MONOTONIC);
}

void meter_stop(struct meter *meter)
{
    meter->wall_ns += clock_ns(CLOCK_MONOTONIC);
    meter->cpu_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    meter->server_ns += server_ns(meter);
}

void meter_digest(struct meter *meter, struct lt_bytes key, struct lt_bytes value, const char *note)
{
    lt_chain_add(&meter->digest, key, value, lt_bytes_text(note));
}

/* Peak memory of this program; getrusage() would tell its parent's before the exec. */
static long rss_peak_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && kib == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

void meter_print(const struct meter *meter)
{
    printf("{\"rows\": %lld, \"bytes\": %lld, \"seconds\": %.6f, \"cpu\": %.6f, \"rss_kib\": %ld",
           (long long)meter->rows, (long long)meter->bytes, (double)meter->wall_ns / 1e9,
           (double)meter->cpu_ns / 1e9, rss_peak_kib());
    if (meter->server_pid > 0) {
        printf(", \"cpu_database\": %.6f", (double)meter->server_ns / 1e9);
    }
    if (meter->start_ns > 0) {
        printf(", \"start\": %.6f, \"start_cpu\": %.6f", (double)meter->start_ns / 1e9,
               (double)meter->start_cpu_ns / 1e9);
    }
    if (meter->has_digest) {
        printf(", \"digest\": \"");
        for (size_t i = 0; i < LT_CHAIN_BYTES; i++) {
            printf("%02x", meter->digest.value[i]);
        }
        printf("\"");
    }
    printf("}\n");
}

void bench_fail(const struct lt_error *err)
{
    fprintf(stderr, "bench: %s\n", err->msg);
    exit(1);
}

int64_t bench_number(const char *text)
{
    uint64_t number = 0;
    if (lt_parse_u64(text, strlen(text), INT64_MAX, &number) != 0 || number == 0) {
        fprintf(stderr, "bench: '%s' is no positive number\n", text);
        exit(64);
    }
    return (int64_t)number;
}
