/**
 * @file
 * Runs a check in a child process that may use little time and memory: hostile input must be
 * refused cheaply (kafka-and-avro D.2).
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOUND_SECONDS 3
#define BOUND_BYTES   (64u << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BOUND_ADDRESS_SPACE 0 /* the sanitizer itself needs terabytes of addresses */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BOUND_ADDRESS_SPACE 0
#endif
#endif
#ifndef BOUND_ADDRESS_SPACE
#define BOUND_ADDRESS_SPACE 1
#endif

/* Bytes of address space in use now. */
static inline rlim_t address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/** True when check(arg) returned true within the bounds. */
static inline bool bounded(bool (*check)(const void *arg), const void *arg)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit cpu = {BOUND_SECONDS, BOUND_SECONDS};
        rlim_t bytes = address_space() + BOUND_BYTES;
        struct rlimit memory = {bytes, bytes};

        setrlimit(RLIMIT_CPU, &cpu);
        if (BOUND_ADDRESS_SPACE)
            setrlimit(RLIMIT_AS, &memory);
        _exit(check(arg) ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}
