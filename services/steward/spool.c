#include "steward/spool.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENDING ".json"

static char *path_of(const struct lt_spool *spool, const char *box, const char *name)
{
    return lt_printf("%s/%s/%s" ENDING, spool->directory, box, name);
}

/* Length of the name without its ending; 0: not a command. */
static size_t command_name(const char *file)
{
    const size_t len = strlen(file), ending = strlen(ENDING);
    if (file[0] == '.' || len <= ending || len - ending >= LT_SPOOL_NAME_MAX ||
        strcmp(file + len - ending, ENDING) != 0)
        return 0;
    return len - ending;
}

/* Entries of commands that were answered just before a crash. */
static void sweep_journal(const struct lt_spool *spool)
{
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/journal", spool->directory);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (command_name(entry->d_name) == 0)
            continue;
        LT_CLEANUP(lt_freep) char *in = lt_printf("%s/in/%s", spool->directory, entry->d_name);
        if (access(in, F_OK) < 0 && errno == ENOENT)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
}

int lt_spool_open(const struct lt_spool *spool, struct lt_error *reterr)
{
    static const char *const boxes[] = {"in", "out", "tmp", "journal"};
    for (size_t i = 0; i < LT_COUNT(boxes); i++) {
        LT_CLEANUP(lt_freep) char *path = lt_printf("%s/%s", spool->directory, boxes[i]);
        if (lt_dir_make(path, 0770, reterr) < 0)
            return -1;
    }
    sweep_journal(spool);
    return 0;
}

int lt_spool_next(const struct lt_spool *spool,
                  char ret_name[LT_SPOOL_NAME_MAX],
                  struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/in", spool->directory);
    DIR *dir = opendir(path);
    if (!dir)
        return lt_fail(reterr, LT_ERR_RETRY, "spool", errno, "%s: %s", path, strerror(errno));
    char first[LT_SPOOL_NAME_MAX] = "";
    for (struct dirent *entry; (entry = readdir(dir));) {
        const size_t len = command_name(entry->d_name);
        if (len == 0)
            continue;
        char name[LT_SPOOL_NAME_MAX];
        memcpy(name, entry->d_name, len);
        name[len] = 0;
        if (!*first || strcmp(name, first) < 0)
            memcpy(first, name, len + 1);
    }
    closedir(dir);
    if (!*first)
        return 0;
    memcpy(ret_name, first, sizeof(first));
    return 1;
}

int lt_spool_read(const struct lt_spool *spool,
                  const char *name,
                  struct lt_buf *ret,
                  struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *path = path_of(spool, "in", name);
    return lt_file_read(path, LT_SPOOL_COMMAND_MAX, ret, reterr);
}

static int write_json(const char *path, const json_t *json, struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *text = json_dumps(json, JSON_COMPACT);
    lt_assert(text);
    return lt_file_replace(path, lt_bytes_text(text), 0660, reterr);
}

int lt_spool_answer(const struct lt_spool *spool,
                    const char *name,
                    const json_t *answer,
                    struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *out = path_of(spool, "out", name);
    LT_CLEANUP(lt_freep) char *in = path_of(spool, "in", name);
    LT_CLEANUP(lt_freep) char *journal = path_of(spool, "journal", name);
    if (write_json(out, answer, reterr) < 0)
        return -1;
    if (unlink(in) < 0 && errno != ENOENT)
        return lt_fail(reterr, LT_ERR_FATAL, "spool", errno, "%s: %s", in, strerror(errno));
    if (unlink(journal) < 0 && errno != ENOENT)
        return lt_fail(reterr, LT_ERR_FATAL, "spool", errno, "%s: %s", journal, strerror(errno));
    return 0;
}

int lt_spool_journal_write(const struct lt_spool *spool,
                           const char *name,
                           const struct lt_journal *journal,
                           struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *path = path_of(spool, "journal", name);
    json_t *json = json_pack("{s:s, s:s, s:O}", "key", journal->key, "sha256", journal->sha256,
                             "answer", journal->answer);
    lt_assert(json);
    const int rc = write_json(path, json, reterr);
    json_decref(json);
    return rc;
}

int lt_spool_journal_read(const struct lt_spool *spool,
                          const char *name,
                          struct lt_journal *ret,
                          struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *path = path_of(spool, "journal", name);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    struct lt_buf text = {0};
    const char *key, *sha256;
    json_t *answer, *json = NULL;
    if (lt_file_read(path, LT_SPOOL_COMMAND_MAX, &text, reterr) < 0)
        return -1;
    json = json_loadb((const char *)text.data, text.len, 0, NULL);
    lt_buf_fini(&text);
    struct lt_journal journal = {0};
    if (!json ||
        json_unpack(json, "{s:s, s:s, s:o}", "key", &key, "sha256", &sha256, "answer", &answer) ||
        strlen(key) >= sizeof(journal.key) || strlen(sha256) >= sizeof(journal.sha256)) {
        json_decref(json);
        return lt_fail(reterr, LT_ERR_FATAL, "spool", 0, "%s: not a journal entry", path);
    }
    strcpy(journal.key, key);
    strcpy(journal.sha256, sha256);
    journal.answer = json_incref(answer);
    json_decref(json);
    *ret = journal;
    return 1;
}
