#include "daemon/daemon.h"

#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_version(const char *program)
{
    printf("%s %s (librdkafka %s, %s)\n", program, LT_VERSION, rd_kafka_version_str(),
           OpenSSL_version(OPENSSL_VERSION));
}

static void print_usage(const char *program, const char *usage)
{
    printf("%s\n"
           "Options of every Lienthong program:\n"
           "  --config FILE    read the configuration from FILE\n"
           "  --check-config   check the configuration and exit\n"
           "  --print-config   print the configuration in force and exit\n"
           "  --help-config    list all configuration keys and exit\n"
           "  --version        print versions and exit\n"
           "  --help           print this and exit\n"
           "See also: man %s\n",
           usage, program);
}

_Noreturn static void misuse(const char *program, const char *what, const char *option)
{
    fprintf(stderr, "%s: %s '%s'; see %s --help\n", program, what, option, program);
    exit(64);
}

int lt_daemon_arguments(int argc,
                        char **argv,
                        const char *program,
                        const char *usage,
                        const struct lt_conf_table *table,
                        struct lt_daemon_options *ret)
{
    int i = 1;
    *ret = (struct lt_daemon_options){0};
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--config") == 0) {
            if (i + 1 == argc)
                misuse(program, "a file name must follow", argv[i]);
            ret->config_path = argv[++i];
        } else if (strcmp(argv[i], "--check-config") == 0) {
            ret->check_config = true;
        } else if (strcmp(argv[i], "--print-config") == 0) {
            ret->print_config = true;
        } else if (strcmp(argv[i], "--help-config") == 0) {
            lt_conf_print_help(table, stdout);
            exit(0);
        } else if (strcmp(argv[i], "--version") == 0) {
            print_version(program);
            exit(0);
        } else if (strcmp(argv[i], "--help") == 0) {
            print_usage(program, usage);
            exit(0);
        } else {
            misuse(program, "unknown option", argv[i]);
        }
    }
    return i;
}
