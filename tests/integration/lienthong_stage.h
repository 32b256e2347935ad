/**
 * @file
 * The stage on which lienthong is tested: the program as a child process with the operator's
 * certificate, and the steward's part (spool and signing) played by the test.  Paths and producers
 * are the stage's own; one stage a test program.
 */
#pragma once

#include "support/cm.h"

#include "base/file.h"
#include "base/mem.h"
#include "change/ids.h"
#include "lienthong/spool.h"
#include "support/control_world.h"
#include "support/kafka.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX    24
#define PATIENCE_MS 60000

static char directory[512], binary[512], config[600], spool[600];
static struct world world;
static struct lt_bus bootstrap, steward_bus;
static struct lt_producer *steward, *anybody;
static struct lt_error err;

/* ---- the command line as a child process ---- */

struct child {
    pid_t pid;
    char *out, *errors; /**< once finished */
};

static inline char *path_of(const char *name)
{
    return lt_printf("%s/%s", directory, name);
}

static inline int file_for(const char *name)
{
    LT_CLEANUP(lt_freep) char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    return fd;
}

/* Words are blank separated; "quoted words" may hold blanks. */
static inline void split(char *line, char *argv[ARGS_MAX])
{
    size_t count = 3; /* binary --config FILE */
    for (char *at = line; *at;) {
        char end = *at == '"' ? '"' : ' ';
        at += end == '"';
        assert_true(count < ARGS_MAX - 1);
        argv[count++] = at;
        at += strcspn(at, (char[]){end, 0});
        if (*at)
            *at++ = '\0';
        at += strspn(at, " ");
    }
}

static inline struct child start(const char *line)
{
    LT_CLEANUP(lt_freep) char *words = lt_strdup(line);
    char option[] = "--config", *argv[ARGS_MAX] = {binary, option, config};
    split(words, argv);
    int out = file_for("out"), errors = file_for("err");
    struct child child = {.pid = fork()};
    if (child.pid == 0) {
        dup2(out, 1);
        dup2(errors, 2);
        execv(binary, argv);
        _exit(127);
    }
    close(out);
    close(errors);
    return child;
}

static inline char *read_all(const char *name)
{
    LT_CLEANUP(lt_freep) char *path = path_of(name);
    struct lt_buf text = {0};
    assert_int_equal(lt_file_read(path, 1 << 20, &text, &err), 0);
    char *copy = lt_strdup(lt_buf_text(&text));
    lt_buf_fini(&text);
    return copy;
}

static inline int finish(struct child *child)
{
    int status;
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    assert_true(WIFEXITED(status));
    child->out = read_all("out");
    child->errors = read_all("err");
    return WEXITSTATUS(status);
}

static inline void child_fini(struct child *child)
{
    free(child->out);
    free(child->errors);
}

static inline bool runs_for(const struct child *child, int64_t ms)
{
    for (int64_t end = lt_monotonic_ms() + ms; lt_monotonic_ms() < end; lt_sleep_ms(20))
        if (waitpid(child->pid, NULL, WNOHANG) != 0)
            return false;
    return true;
}

static inline void assert_exit(struct child *child, int expected)
{
    int code = finish(child);
    if (code != expected)
        fail_msg("exit %d, not %d\n%s%s", code, expected, child->out, child->errors);
}

static inline void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not said in:\n%s", part, text);
}

/* ---- the steward's part ---- */

/* The one command that waits in the spool; its name is left in `name`. */
static inline json_t *take_command(char name[LT_CLI_SPOOL_NAME_MAX])
{
    LT_CLEANUP(lt_freep) char *box = lt_printf("%s/in", spool);
    name[0] = '\0';
    for (int64_t end = lt_monotonic_ms() + PATIENCE_MS; !name[0]; lt_sleep_ms(10)) {
        assert_true(lt_monotonic_ms() < end);
        DIR *in = opendir(box);
        for (const struct dirent *entry; (entry = readdir(in));)
            if (entry->d_name[0] != '.')
                snprintf(name, LT_CLI_SPOOL_NAME_MAX, "%.*s", (int)strcspn(entry->d_name, "."),
                         entry->d_name);
        closedir(in);
    }
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/%s.json", box, name);
    json_t *command = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(command);
    assert_int_equal(unlink(path), 0);
    return command;
}

static inline void answer(const char *name, const char *text)
{
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/out/%s.json", spool, name);
    assert_int_equal(lt_file_replace(path, lt_bytes_text(text), 0600, &err), 0);
}

static inline void
produce(struct lt_producer *producer, const char *topic, const char *key, struct lt_bytes value)
{
    if (lt_producer_send(producer, topic, lt_bytes_text(key), value, NULL, 0, &err) != 0 ||
        lt_producer_flush(producer, PATIENCE_MS, &err) != 0)
        fail_msg("%s: %s", topic, err.msg);
}

static inline void sign(enum lt_control_kind kind, const char *id, const void *body)
{
    world_put(&world, kind, id, body);
    produce(steward, LT_TOPIC_CONTROL, world.key, lt_buf_bytes(&world.wire));
}

static inline void beat(void)
{
    world_beat(&world, lt_now());
    produce(steward, LT_TOPIC_CONTROL, world.key, lt_buf_bytes(&world.wire));
}

static inline void answer_number(const char *name, const char *object)
{
    LT_CLEANUP(lt_freep)
    char *text =
        lt_printf("{\"ok\":true,\"number\":%ld,\"objects\":[\"%s\"]}", (long)world.number, object);
    answer(name, text);
}

static inline void
record(const char *topic, const char *key, enum lt_record_type type, const void *body)
{
    struct lt_buf bytes = {0};
    lt_record_encode(type, body, &bytes);
    produce(anybody, topic, key, lt_buf_bytes(&bytes));
    lt_buf_fini(&bytes);
}

/* ---- set-up ---- */

static inline void find_binary(void)
{
    ssize_t len = readlink("/proc/self/exe", binary, sizeof binary - 1);
    assert_true(len > 0);
    binary[len] = '\0';
    char *mode = strstr(binary, "/tests/integration/");
    assert_non_null(mode);
    snprintf(mode, sizeof binary - (size_t)(mode - binary), "/bin/lienthong");
}

static inline int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "%s/%s", getenv("LT_TEST_DIR"),
             program_invocation_short_name);
    snprintf(config, sizeof config, "%s/lienthong.conf", directory);
    snprintf(spool, sizeof spool, "%s/spool", directory);
    static const char *const MADE[] = {"", "/spool/tmp", "/spool/in", "/spool/out"};
    for (size_t i = 0; i < LT_COUNT(MADE); i++) {
        LT_CLEANUP(lt_freep) char *path = lt_printf("%s%s", directory, MADE[i]);
        if (lt_dir_make(path, 0700, &err) != 0)
            return -1;
    }
    find_binary();
    bootstrap = lt_test_bus("bootstrap");
    steward_bus = lt_test_bus("steward");
    const struct lt_bus operator_bus = lt_test_bus("operator");
    LT_CLEANUP(lt_freep)
    char *text = lt_printf("[kafka]\nbrokers = %s\nca_file = %s\ncert_file = %s\nkey_file = %s\n"
                           "[control]\npublic_key_file = %s/steward.pub\n"
                           "[steward]\nspool = %s\n[cli]\nlang = en\n",
                           operator_bus.brokers, operator_bus.ca_file, operator_bus.cert_file,
                           operator_bus.key_file, directory, spool);
    return lt_file_replace(config, lt_bytes_text(text), 0600, &err);
}

/* `lienthong init` with the bootstrap certificate, as a command line. */
static inline char *init_line(const char *key_file)
{
    return lt_printf("init --key-file %s/%s --bootstrap-cert %s --bootstrap-key %s", directory,
                     key_file, bootstrap.cert_file, bootstrap.key_file);
}

/* After init: the test signs with the key pair that it made. */
static inline void take_office(void)
{
    LT_CLEANUP(lt_freep) char *private_path = path_of("steward.key");
    LT_CLEANUP(lt_freep) char *public_path = path_of("steward.pub");
    assert_int_equal(lt_control_key_read_private(private_path, world.private_key, &err), 0);
    assert_int_equal(lt_control_key_read_public(public_path, world.public_key, &err), 0);
    world.fold = lt_fold_new(world.public_key);
    world.epoch = 1;
    steward = lt_producer_open(&steward_bus, NULL, &err);
    anybody = lt_producer_open(&bootstrap, NULL, &err);
    assert_true(steward && anybody);
}

static inline int tear_down(void **state)
{
    (void)state;
    lt_producer_close(steward);
    lt_producer_close(anybody);
    lt_test_admin_close();
    world_fini(&world);
    return 0;
}
