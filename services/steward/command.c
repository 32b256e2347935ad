#include "steward/command.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(struct lt_command, member)
#define COMMON                                                         \
    {.name = "command", .type = LT_MEMBER_IGNORED},                    \
    {                                                                  \
        .name = "author", .type = LT_MEMBER_TEXT, .offset = AT(author) \
    }

static const struct lt_member apply_members[] = {
    COMMON,
    {.name = "declarations",
     .type = LT_MEMBER_JSON,
     .json = JSON_ARRAY,
     .offset = AT(declarations)},
};
static const struct lt_member hold_members[] = {
    COMMON,
    {.name = "target", .type = LT_MEMBER_TEXT, .offset = AT(target)},
    {.name = "ground",
     .type = LT_MEMBER_CHOICE,
     .choices = "43.1a|43.1b|43.2a|43.2b",
     .offset = AT(ground)},
    {.name = "reason", .type = LT_MEMBER_TEXT, .offset = AT(reason)},
    {.name = "restore", .type = LT_MEMBER_TEXT, .flags = LT_MEMBER_EMPTY_OK, .offset = AT(restore)},
    {.name = "expected_end",
     .type = LT_MEMBER_TIME,
     .flags = LT_MEMBER_OPTIONAL | LT_MEMBER_NULL_OK,
     .offset = AT(expected_end)},
};
static const struct lt_member lift_members[] = {
    COMMON,
    {.name = "hold", .type = LT_MEMBER_ID, .id = LT_ID_HOLD, .offset = AT(hold)},
};
static const struct lt_member amend_members[] = {
    COMMON,
    {.name = "connection", .type = LT_MEMBER_ID, .id = LT_ID_CONNECTION, .offset = AT(connection)},
    {.name = "fields",
     .type = LT_MEMBER_JSON,
     .json = JSON_ARRAY,
     .flags = LT_MEMBER_OPTIONAL,
     .offset = AT(fields)},
    {.name = "filter",
     .type = LT_MEMBER_TEXT,
     .max = 65536,
     .flags = LT_MEMBER_OPTIONAL | LT_MEMBER_EMPTY_OK,
     .offset = AT(filter)},
    {.name = "use_period",
     .type = LT_MEMBER_DURATION,
     .flags = LT_MEMBER_OPTIONAL,
     .offset = AT(use_period)},
};
static const struct lt_member revoke_members[] = {
    COMMON,
    {.name = "target", .type = LT_MEMBER_TEXT, .offset = AT(target)},
    {.name = "ground",
     .type = LT_MEMBER_CHOICE,
     .choices = "44.1a|44.1b|44.1c|44.1d-1",
     .offset = AT(ground)},
};
static const struct lt_member issue_members[] = {
    COMMON,
    {.name = "application",
     .type = LT_MEMBER_ID,
     .id = LT_ID_APPLICATION,
     .offset = AT(application)},
    {.name = "directory", .type = LT_MEMBER_TEXT, .offset = AT(directory)},
};

static const struct {
    const char *name;
    const struct lt_member *members;
    size_t count;
} commands[] = {
    [LT_COMMAND_APPLY] = {"apply", apply_members, LT_COUNT(apply_members)},
    [LT_COMMAND_HOLD] = {"hold", hold_members, LT_COUNT(hold_members)},
    [LT_COMMAND_LIFT] = {"lift", lift_members, LT_COUNT(lift_members)},
    [LT_COMMAND_AMEND] = {"amend", amend_members, LT_COUNT(amend_members)},
    [LT_COMMAND_REVOKE] = {"revoke", revoke_members, LT_COUNT(revoke_members)},
    [LT_COMMAND_ISSUE] = {"issue", issue_members, LT_COUNT(issue_members)},
};

static int read_members(const struct lt_reading *reading, struct lt_command *out)
{
    const char *name = json_string_value(json_object_get(out->root, "command"));
    if (!name)
        return lt_reading_fail(reading, "$.command", "is missing");
    for (size_t i = 0; i < LT_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        out->kind = (enum lt_command_kind)i;
        out->name = commands[i].name;
        return lt_reading_object(reading, out->root, "$", commands[i].members, commands[i].count,
                                 out);
    }
    return lt_reading_fail(reading, "$.command", "unknown command '%.60s'", name);
}

int lt_command_read(const struct lt_reading *reading,
                    const char *text,
                    size_t len,
                    struct lt_command *ret)
{
    struct lt_command out = {.expected_end = LT_NULL, .use_period = LT_NULL};
    out.root = lt_reading_parse(reading, text, len);
    if (!out.root)
        return -1;
    if (read_members(reading, &out) < 0) {
        json_decref(out.root);
        return -1;
    }
    *ret = out;
    return 0;
}

void lt_command_fini(struct lt_command *command)
{
    json_decref(command->root);
    *command = (struct lt_command){0};
}
