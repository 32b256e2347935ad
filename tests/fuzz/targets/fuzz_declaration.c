/* Any text as a command of the spool and as a declaration: refused with a path, or planned; what is
 * planned is a whole record. */
#include "steward/command.h"

#include <stdint.h>

#include "steward/declare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((lt_time)1795572000 * LT_SECOND)

static void read_declaration(const struct lt_reading *reading, const uint8_t *data, size_t size)
{
    struct lt_declaration declaration;
    if (lt_declaration_read(reading, "f", (const char *)data, size, 86400 * LT_SECOND,
                            &declaration) < 0)
        lt_assert(reading->err->class == LT_ERR_REJECT && reading->fault->path[0] == '$');
    else
        lt_assert(declaration.id && declaration.kind);
}

static void check_planned(const struct lt_plan *plan)
{
    struct lt_buf bytes = {0};
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    for (size_t i = 0; i < plan->count; i++) {
        struct lt_control again;
        lt_buf_clear(&bytes);
        lt_record_encode(LT_RECORD_CONTROL, plan->items[i], &bytes);
        lt_assert(lt_record_decode(LT_RECORD_CONTROL, lt_buf_bytes(&bytes), &again, arena, NULL) ==
                  0);
    }
    lt_buf_fini(&bytes);
}

static void plan_command(const struct lt_reading *reading, const uint8_t *data, size_t size)
{
    static const uint8_t public_key[LT_SIGN_KEY_BYTES];
    static const struct lt_command_settings settings = {86400 * LT_SECOND, 86400 * LT_SECOND};
    struct lt_command command;
    struct lt_plan plan;
    if (lt_command_read(reading, (const char *)data, size, &command) < 0)
        return;
    LT_CLEANUP(lt_fold_freep) struct lt_fold *fold = lt_fold_new(public_key);
    lt_plan_init(&plan, fold, reading->arena, NOW);
    if (lt_plan_command(&plan, reading, &command, &settings) == 0)
        check_planned(&plan);
    lt_plan_fini(&plan);
    lt_command_fini(&command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_fault fault = {0};
    struct lt_error err = {0};
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    const struct lt_reading reading = {.arena = arena, .fault = &fault, .err = &err};
    read_declaration(&reading, data, size);
    plan_command(&reading, data, size);
    return 0;
}
