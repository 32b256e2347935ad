#include "lienthong/spool.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)1 << 20)
#define POLL_MS    20

static int bad_answer(struct lt_error *reterr, const char *what)
{
    return lt_fail(reterr, LT_ERR_FATAL, "spool", 0, "the steward's answer is malformed: %s", what);
}

static char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return lt_strdup(text ? text : "");
}

static int take_objects(const json_t *array, struct lt_cli_answer *answer, struct lt_error *reterr)
{
    answer->objects = lt_alloc((json_array_size(array) + 1) * sizeof *answer->objects);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *object = json_string_value(json_array_get(array, i));
        if (!object)
            return bad_answer(reterr, "objects");
        answer->objects[answer->object_count++] = lt_strdup(object);
    }
    return 0;
}

static int take_answer(const json_t *json, struct lt_cli_answer *answer, struct lt_error *reterr)
{
    const json_t *ok = json_object_get(json, "ok");
    if (!json_is_boolean(ok))
        return bad_answer(reterr, "ok");
    answer->ok = json_is_true(ok);
    if (answer->ok) {
        answer->number = json_integer_value(json_object_get(json, "number"));
        return take_objects(json_object_get(json, "objects"), answer, reterr);
    }
    answer->file = text_of(json, "file");
    answer->path = text_of(json, "path");
    answer->error = text_of(json, "error");
    return answer->error[0] ? 0 : bad_answer(reterr, "error");
}

int lt_cli_answer_parse(struct lt_bytes text, struct lt_cli_answer *ret, struct lt_error *reterr)
{
    json_error_t why;
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        return bad_answer(reterr, why.text);
    struct lt_cli_answer answer = {0};
    int rc = take_answer(json, &answer, reterr);
    json_decref(json);
    if (rc != 0)
        lt_cli_answer_fini(&answer);
    else
        *ret = answer;
    return rc;
}

void lt_cli_answer_fini(struct lt_cli_answer *answer)
{
    for (size_t i = 0; i < answer->object_count; i++)
        free(answer->objects[i]);
    free(answer->objects);
    free(answer->file);
    free(answer->path);
    free(answer->error);
    *answer = (struct lt_cli_answer){0};
}

void lt_cli_answer_error(const struct lt_cli_answer *answer, struct lt_buf *out)
{
    const char *const parts[] = {answer->file, answer->path};
    for (size_t i = 0; i < LT_COUNT(parts); i++)
        if (parts[i] && parts[i][0])
            lt_buf_addf(out, "%s: ", parts[i]);
    lt_buf_adds(out, answer->error ? answer->error : "");
}

static char *spool_path(const char *spool, const char *box, const char *name)
{
    return lt_printf("%s/%s/%s.json", spool, box, name);
}

int lt_cli_spool_put(const char *spool,
                     const json_t *command,
                     lt_time now,
                     char ret_name[LT_CLI_SPOOL_NAME_MAX],
                     struct lt_error *reterr)
{
    char name[LT_CLI_SPOOL_NAME_MAX];
    snprintf(name, sizeof name, "%016" PRId64 "-%d", now, (int)getpid());
    LT_CLEANUP(lt_freep) char *text = json_dumps(command, JSON_COMPACT);
    lt_assert(text);
    LT_CLEANUP(lt_freep) char *made = spool_path(spool, "tmp", name);
    LT_CLEANUP(lt_freep) char *asked = spool_path(spool, "in", name);
    if (lt_file_replace(made, lt_bytes_text(text), 0640, reterr) != 0)
        return -1;
    if (rename(made, asked) != 0) {
        int code = errno;
        unlink(made);
        return lt_fail(reterr, LT_ERR_FATAL, "spool", code, "%s: %s", asked, strerror(code));
    }
    memcpy(ret_name, name, sizeof name);
    return 0;
}

int lt_cli_spool_wait(const char *spool,
                      const char *name,
                      int64_t timeout_ms,
                      struct lt_cli_answer *ret,
                      struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *path = spool_path(spool, "out", name);
    const int64_t deadline = lt_monotonic_ms() + timeout_ms;
    while (access(path, F_OK) != 0) {
        if (lt_monotonic_ms() >= deadline)
            return lt_fail(reterr, LT_ERR_RETRY, "spool", 0, "the steward has not answered");
        lt_sleep_ms(POLL_MS);
    }
    struct lt_buf text = {0};
    int rc = lt_file_read(path, ANSWER_MAX, &text, reterr);
    if (rc == 0)
        rc = lt_cli_answer_parse(lt_buf_bytes(&text), ret, reterr);
    lt_buf_fini(&text);
    if (rc == 0)
        unlink(path); /* the steward cleans up what we may not remove */
    return rc;
}
