#include "support/kafka.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char brokers[512], ca[512], certs[512];
static struct lt_admin *admin;

/* Everything handed out by lt_test_text(). */
static struct kept {
    struct kept *next;
    char *text;
} * kept;

const char *lt_test_text(const char *fmt, ...)
{
    struct kept *entry = lt_alloc(sizeof *entry);
    va_list ap;
    va_start(ap, fmt);
    int rc = vasprintf(&entry->text, fmt, ap);
    va_end(ap);
    lt_assert(rc >= 0);
    entry->next = kept;
    kept = entry;
    return entry->text;
}

_Noreturn static void give_up(const char *what, const char *detail)
{
    fprintf(stderr, "test support: %s: %s\n", what, detail);
    exit(99);
}

static const char *kafka_dir(void)
{
    const char *dir = getenv("LT_TEST_KAFKA_DIR");
    if (dir == NULL) {
        give_up("LT_TEST_KAFKA_DIR is not set", "start this test with tests/integration/run");
    }
    return dir;
}

static void run(const char *command)
{
    if (system(command) != 0) {
        give_up("command failed", command);
    }
}

static void take_line(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *value = strchr(line, '=');
    if (value == NULL) {
        return;
    }
    *value++ = '\0';
    if (strcmp(line, "BROKERS") == 0) {
        snprintf(brokers, sizeof brokers, "%s", value);
    } else if (strcmp(line, "CA") == 0) {
        snprintf(ca, sizeof ca, "%s", value);
    } else if (strcmp(line, "CERTS") == 0) {
        snprintf(certs, sizeof certs, "%s", value);
    }
}

static void load_env(void)
{
    if (brokers[0] != '\0') {
        return;
    }
    char command[1024], line[1024];
    snprintf(command, sizeof command, "tools/kafka/kafka env '%s'", kafka_dir());
    FILE *out = popen(command, "re");
    while (out != NULL && fgets(line, sizeof line, out) != NULL) {
        take_line(line);
    }
    if (out == NULL || pclose(out) != 0 || certs[0] == '\0') {
        give_up("no broker", command);
    }
}

const char *lt_test_certs(void)
{
    load_env();
    return certs;
}

struct lt_bus lt_test_bus_with(const char *cert_file, const char *key_file)
{
    load_env();
    return (struct lt_bus){.brokers = brokers,
                           .ca_file = ca,
                           .cert_file = cert_file,
                           .key_file = key_file,
                           .client_id = "test",
                           .transaction_ms = 60000};
}

struct lt_bus lt_test_bus(const char *cn)
{
    load_env();
    const char *cert = lt_test_text("%s/%s.pem", certs, cn);
    const char *key = lt_test_text("%s/%s.key", certs, cn);
    if (access(cert, R_OK) != 0) {
        lt_test_pki("issue '%s' '%s'", certs, cn);
    }
    return lt_test_bus_with(cert, key);
}

void lt_test_kafka(const char *command, const char *argument)
{
    char line[1024];
    snprintf(line, sizeof line, "tools/kafka/kafka %s '%s' %s", command, kafka_dir(),
             argument != NULL ? argument : "");
    run(line);
}

void lt_test_pki(const char *fmt, ...)
{
    char words[1024], line[1100];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    snprintf(line, sizeof line, "tools/pki/pki %s", words);
    run(line);
}

struct lt_admin *lt_test_admin(void)
{
    static struct lt_bus bus;
    if (admin == NULL) {
        bus = lt_test_bus("bootstrap");
        struct lt_error err;
        admin = lt_admin_open(&bus, &err);
        if (admin == NULL) {
            give_up("admin", err.msg);
        }
    }
    return admin;
}

void lt_test_admin_close(void)
{
    lt_admin_close(lt_steal(&admin));
}

const char *lt_test_name(const char *prefix, char *buf, size_t size)
{
    static unsigned count;
    snprintf(buf, size, "%s.%d%03u", prefix, (int)getpid(), ++count);
    return buf;
}

const char *lt_test_topic(const char *prefix, char *buf, size_t size)
{
    struct lt_error err;
    lt_test_name(prefix, buf, size);
    if (lt_admin_topic_create(lt_test_admin(), buf, 1, NULL, 0, &err) != 0) {
        give_up("topic", err.msg);
    }
    return buf;
}
