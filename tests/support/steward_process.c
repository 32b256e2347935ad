#include "support/steward_process.h"

#include "base/file.h"
#include "control/grants.h"
#include "support/bus.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 90000
#define END_MS    60000

static const char *path_in(const struct steward_process *process, const char *name)
{
    return lt_test_text("%s/%s", process->dir, name);
}

static void write_text(const char *path, const char *text)
{
    assert_ok(lt_file_replace(path, lt_bytes_text(text), 0600, &test_err));
}

static void grant_all(void)
{
    struct lt_acl *acls = lt_alloc(lt_grant_count * sizeof(*acls));
    for (size_t i = 0; i < lt_grant_count; i++) {
        acls[i].resource = (enum lt_acl_resource)lt_grants[i].resource;
        acls[i].operation = (enum lt_acl_operation)lt_grants[i].operation;
        acls[i].prefixed = lt_grants[i].prefixed;
        snprintf(acls[i].name, sizeof(acls[i].name), "%s", lt_grants[i].name);
        snprintf(acls[i].principal, sizeof(acls[i].principal), "User:%s", lt_grants[i].principal);
    }
    assert_ok(lt_admin_acl_add(lt_test_admin(), acls, lt_grant_count, &test_err));
    free(acls);
}

static void write_config(const struct steward_process *process)
{
    const struct lt_bus bus = lt_test_bus("steward");
    const char *certs = lt_test_certs();
    write_text(path_in(process, "steward.conf"),
               lt_test_text("[kafka]\nbrokers = %s\nca_file = %s\ncert_file = %s\nkey_file = %s\n"
                            "[steward]\nkey_file = %s/steward.key\nstate_file = %s/steward.state\n"
                            "ca_cert_file = %s/ca.pem\nca_key_file = %s/ca.key\nspool = %s/spool\n"
                            "replicas = 1\nheartbeat = 500ms\n",
                            bus.brokers, bus.ca_file, bus.cert_file, bus.key_file, process->dir,
                            process->dir, certs, certs, process->dir));
}

void steward_process_init(struct steward_process *process, const char *name)
{
    const char *dir = getenv("LT_TEST_DIR");
    lt_assert(dir);
    *process = (struct steward_process){.dir = lt_test_text("%s/%s", dir, name)};
    assert_ok(lt_dir_make(process->dir, 0755, &test_err));
    assert_ok(lt_control_key_new(process->private_key, process->public_key, &test_err));
    assert_ok(lt_control_key_write(path_in(process, "steward.key"), process->private_key, 0600,
                                   &test_err));
    grant_all();
    write_config(process);
}

/* The program beside this test: build/<mode>/bin/lt-steward. */
static const char *program(void)
{
    char self[512];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    lt_assert(len > 0);
    self[len] = 0;
    char *end = strstr(self, "/tests/");
    lt_assert(end);
    *end = 0;
    return lt_test_text("%s/bin/lt-steward", self);
}

static void start(struct steward_process *process, const char *command)
{
    const char *binary = program(), *log = path_in(process, "steward.log");
    const char *config = path_in(process, "steward.conf");
    lt_assert(process->pid == 0);
    process->pid = fork();
    lt_assert(process->pid >= 0);
    if (process->pid > 0)
        return;
    const int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(out, STDERR_FILENO);
    dup2(out, STDOUT_FILENO);
    execl(binary, "lt-steward", "--config", config, command, (char *)NULL);
    _exit(127);
}

void steward_process_start(struct steward_process *process)
{
    start(process, NULL);
}

void steward_process_restore(struct steward_process *process)
{
    start(process, "restore-control");
}

int steward_process_wait(struct steward_process *process)
{
    int status = 0;
    const int64_t end = lt_monotonic_ms() + END_MS;
    while (waitpid(process->pid, &status, WNOHANG) == 0) {
        if (lt_monotonic_ms() > end)
            fail_msg("lt-steward does not end");
        lt_sleep_ms(20);
    }
    process->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int steward_process_stop(struct steward_process *process)
{
    if (process->pid == 0)
        return 0;
    kill(process->pid, SIGTERM);
    return steward_process_wait(process);
}

void steward_process_kill(struct steward_process *process)
{
    kill(process->pid, SIGKILL);
    steward_process_wait(process);
}

bool steward_process_logged(const struct steward_process *process, const char *text)
{
    struct lt_buf log = {0};
    const bool found = lt_file_read(path_in(process, "steward.log"), 64u << 20, &log, NULL) == 0 &&
                       strstr(lt_buf_text(&log), text) != NULL;
    lt_buf_fini(&log);
    return found;
}

int64_t steward_process_last(const struct steward_process *process, const char *text)
{
    struct lt_buf log = {0};
    const char *last = NULL;
    assert_ok(lt_file_read(path_in(process, "steward.log"), 64u << 20, &log, &test_err));
    for (const char *at = lt_buf_text(&log); (at = strstr(at, text)); at++)
        last = at + strlen(text);
    if (!last)
        fail_msg("not logged: %s", text);
    const int64_t number = strtol(last, NULL, 10);
    lt_buf_fini(&log);
    return number;
}

const char *steward_process_ask(struct steward_process *process, const char *json)
{
    const char *name = lt_test_text("%016ld-%d", (long)lt_now(), ++process->commands);
    const char *made = lt_test_text("%s/spool/tmp/%s.json", process->dir, name);
    const char *asked = lt_test_text("%s/spool/in/%s.json", process->dir, name);
    /* The steward makes the spool at its first start. */
    assert_ok(lt_dir_make(path_in(process, "spool/tmp"), 0770, &test_err));
    assert_ok(lt_dir_make(path_in(process, "spool/in"), 0770, &test_err));
    write_text(made, json);
    assert_int_equal(rename(made, asked), 0);
    return name;
}

json_t *steward_process_answer(const struct steward_process *process, const char *name)
{
    const char *path = lt_test_text("%s/spool/out/%s.json", process->dir, name);
    const int64_t end = lt_monotonic_ms() + ANSWER_MS;
    while (access(path, F_OK) != 0) {
        if (lt_monotonic_ms() > end)
            fail_msg("no answer to %s", name);
        lt_sleep_ms(5);
    }
    json_t *answer = json_load_file(path, 0, NULL);
    assert_non_null(answer);
    return answer;
}

int64_t steward_process_do(struct steward_process *process, const char *json)
{
    json_t *answer = steward_process_answer(process, steward_process_ask(process, json));
    if (!json_is_true(json_object_get(answer, "ok")))
        fail_msg("%s", json_dumps(answer, 0));
    const int64_t number = json_integer_value(json_object_get(answer, "number"));
    json_decref(answer);
    return number;
}

int64_t
steward_process_apply(struct steward_process *process, const char *const *texts, size_t count)
{
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            items, json_pack("{s:s, s:s}", "file", lt_test_text("%zu", i), "text", texts[i]));
    json_t *command =
        json_pack("{s:s, s:s, s:o}", "command", "apply", "author", "test", "declarations", items);
    char *text = json_dumps(command, 0);
    const int64_t number = steward_process_do(process, text);
    free(text);
    json_decref(command);
    return number;
}

static void take_record(struct lt_fold *fold, const struct lt_message *message)
{
    /* What a test forged is refused here as everywhere. */
    const int refused = lt_fold_take(fold, message->key, message->value, NULL);
    (void)refused;
}

/* Up to the last stable offset, not to the high watermark: a killed steward may have left a
 * transaction open, and what stands in it does not count. */
struct lt_fold *steward_process_fold(const struct steward_process *process)
{
    const struct lt_bus bus = lt_test_bus("operator");
    struct lt_fold *fold = lt_fold_new(process->public_key);
    int64_t low, end;
    assert_ok(lt_bus_watermarks(&bus, "platform.control", true, &low, &end, &test_err));
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = test_reader(&bus, "platform.control", low);
    while (lt_reader_position(reader, "platform.control") < end) {
        struct lt_message message;
        const int rc = lt_reader_poll(reader, 100, &message, &test_err);
        assert_ok(rc);
        if (rc == 0)
            continue;
        take_record(fold, &message);
        lt_message_release(&message);
    }
    return fold;
}
