/*
 * The order of the steps is the order of urgency: close, then show what is complete, then clean
 * up, then begin something new.
 */
#include "consumer-postgres/choose.h"

#include "change/ids.h"

#include <string.h>

static const char *const state_names[] = {"loading", "active", "stale", "damaged"};

const char *lt_copy_state_name(enum lt_copy_state state)
{
    return state_names[state];
}

enum lt_copy_state lt_copy_state_parse(const char *text)
{
    for (size_t i = 0; i < LT_COUNT(state_names); i++)
        if (strcmp(state_names[i], text) == 0)
            return (enum lt_copy_state)i;
    return LT_COPY_DAMAGED;
}

static const struct lt_notice *
notice_of(const struct lt_inbox *inbox, const char *connection, int64_t generation)
{
    char stream[LT_TOPIC_MAX];
    lt_stream_format(connection, generation, stream);
    return lt_inbox_stream(inbox, stream);
}

/* As stored with the copy; by its notice where it was made before that was stored. */
static int64_t scope_version(const struct lt_inbox *inbox,
                             const char *connection,
                             const struct lt_copy_facts *copy)
{
    const struct lt_notice *own = notice_of(inbox, connection, copy->generation);
    return copy->scope_version || !own ? copy->scope_version : own->is.scope_version;
}

/* Rows or fields that the connection lost end the use of what lies here from their effective time
 * (architecture 5): whole copies for rows, the view's columns for fields.  Unknown = lost. */
static bool may_hold_lost_rows(const struct lt_inbox *inbox,
                               const struct lt_notice *current,
                               const struct lt_copy_facts *copy)
{
    const int64_t version = scope_version(inbox, current->is.connection, copy);
    return version < 1 || current->is.rows_since < 1 || version < current->is.rows_since;
}

static bool may_show_lost_fields(const struct lt_notice *current, const struct lt_copy_facts *copy)
{
    return copy->shown && copy->granted_schema != current->is.value_schema;
}

static bool is_out_of_scope(const struct lt_inbox *inbox,
                            const struct lt_notice *current,
                            const struct lt_copy_facts *copy)
{
    return may_hold_lost_rows(inbox, current, copy) ||
           (may_show_lost_fields(current, copy) &&
            !lt_inbox_schema(inbox, current->is.value_schema));
}

struct lt_terms lt_terms_wanted(const struct lt_inbox *inbox,
                                const char *connection,
                                const struct lt_copy_facts *copy)
{
    const struct lt_notice *current = lt_inbox_current(inbox, connection);
    struct lt_terms terms = copy->terms;
    if (current) {
        const bool other = copy->generation != current->is.generation;
        terms.use_period =
            other ? LT_MIN(terms.use_period, current->is.use_period) : current->is.use_period;
        terms.end_of_use = current->is.end_of_use;
        terms.fail = strcmp(current->is.on_expiry, "fail") == 0;
    }
    if (lt_inbox_terminated(inbox, connection))
        terms.closed = "terminated";
    else if (current && !terms.closed[0] && is_out_of_scope(inbox, current, copy))
        terms.closed = LT_CLOSED_AMENDED;
    return terms;
}

static bool terms_differ(const struct lt_inbox *inbox,
                         const char *connection,
                         const struct lt_copy_facts *copy,
                         struct lt_step *ret)
{
    const struct lt_terms wanted = lt_terms_wanted(inbox, connection, copy);
    if (lt_terms_equal(&wanted, &copy->terms))
        return false;
    *ret = (struct lt_step){.kind = LT_STEP_TERMS, .copy = copy->copy, .terms = wanted};
    return true;
}

static bool is_complete(const struct lt_notice *notice, const struct lt_copy_facts *copy)
{
    return copy->state == LT_COPY_LOADING && copy->generation == notice->is.generation &&
           notice->is.load_seq != LT_NULL && copy->at.seq >= notice->is.load_seq &&
           copy->at.next_offset >= copy->at.e0;
}

/* Does this copy serve the stream to follow, or must it be waited for?  A damaged one is not read
 * again: the successor that was asked for comes with a new generation. */
static bool serves(const struct lt_notice *current, const struct lt_copy_facts *copy)
{
    return copy->generation == current->is.generation && copy->state != LT_COPY_STALE;
}

static bool superseded(const struct lt_notice *current, const struct lt_copy_facts *copy)
{
    return !copy->shown && !serves(current, copy);
}

static bool can_begin(const struct lt_inbox *inbox, const struct lt_notice *current)
{
    return !current->is.ended && lt_inbox_schema(inbox, current->is.key_schema) &&
           lt_inbox_schema(inbox, current->is.value_schema);
}

struct lt_step lt_choose(const struct lt_inbox *inbox,
                         const char *connection,
                         const struct lt_copy_facts *copies,
                         size_t count)
{
    struct lt_step step = {.kind = LT_STEP_NONE};
    for (size_t i = 0; i < count; i++)
        if (terms_differ(inbox, connection, &copies[i], &step))
            return step;
    const struct lt_notice *current = lt_inbox_current(inbox, connection);
    if (!current || lt_inbox_terminated(inbox, connection))
        return step;
    for (size_t i = 0; i < count; i++)
        if (!copies[i].terms.closed[0] && may_show_lost_fields(current, &copies[i]))
            return (struct lt_step){.kind = LT_STEP_NARROW, .copy = copies[i].copy};
    bool served = false, worth_showing = false;
    for (size_t i = 0; i < count; i++) {
        if (is_complete(current, &copies[i]))
            return (struct lt_step){.kind = LT_STEP_SWITCH, .copy = copies[i].copy};
        if (superseded(current, &copies[i]))
            return (struct lt_step){.kind = LT_STEP_DROP, .copy = copies[i].copy};
        served = served || serves(current, &copies[i]);
        worth_showing = worth_showing || (copies[i].shown && copies[i].worth.stamp != LT_TIME_NONE);
    }
    if (!served && can_begin(inbox, current))
        return (struct lt_step){.kind = LT_STEP_CREATE, .show = !worth_showing};
    return step;
}
