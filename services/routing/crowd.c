/*
 * All LIVE streams of a feed at once: two indexes over the same filters, one for new rows, one for
 * old scope values, so that a record costs by the streams it concerns.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "routing/shape.h"

struct member {
    struct lt_lane_shape *shape;
    const void *stream;
};
struct lt_lane_crowd {
    struct member *members;
    size_t count, cap;
    struct lt_scope_index *rows, *scopes; /* scopes NULL: no scope columns */
    void **found_rows, **found_scopes;    /* room for `cap` tags each */
    size_t filtered;
};

struct lt_lane_crowd *lt_lane_crowd_new(const struct lt_lane_rows *rows)
{
    struct lt_lane_crowd *crowd = lt_alloc(sizeof(*crowd));
    crowd->rows = lt_scope_index_new(rows->row);
    if (rows->scope)
        crowd->scopes = lt_scope_index_new(rows->scope);
    return crowd;
}

void lt_lane_crowd_free(struct lt_lane_crowd *crowd)
{
    if (!crowd)
        return;
    lt_scope_index_free(crowd->rows);
    lt_scope_index_free(crowd->scopes);
    free(crowd->members);
    free(crowd->found_rows);
    free(crowd->found_scopes);
    free(crowd);
}

void lt_lane_crowd_add(struct lt_lane_crowd *crowd, struct lt_lane_shape *shape, const void *stream)
{
    if (crowd->count == crowd->cap) {
        crowd->cap = crowd->cap ? crowd->cap * 2 : 16;
        crowd->members = lt_realloc(crowd->members, crowd->cap * sizeof(struct member));
        crowd->found_rows = lt_realloc(crowd->found_rows, crowd->cap * sizeof(void *));
        crowd->found_scopes = lt_realloc(crowd->found_scopes, crowd->cap * sizeof(void *));
    }
    size_t at = crowd->count++;
    crowd->members[at] = (struct member){.shape = shape, .stream = stream};
    if (!shape->filter)
        return;
    /* Tags are places in `members`, which may move. */
    lt_scope_index_add(crowd->rows, shape->row_view, (void *)at);
    lt_scope_index_add(crowd->scopes, shape->scope_view, (void *)at);
    crowd->filtered++;
}

bool lt_lane_crowd_has(const struct lt_lane_crowd *crowd, const struct lt_lane_shape *shape)
{
    for (size_t i = 0; crowd && i < crowd->count; i++)
        if (crowd->members[i].shape == shape)
            return true;
    return false;
}

/* Those without filter, and of an unknown row all: no index can tell. */
static int match_one_by_one(struct lt_lane_crowd *crowd,
                            const struct lt_lane_rows *rows,
                            const struct lt_lane_row *row,
                            lt_lane_crowd_visit *visit,
                            void *arg,
                            struct lt_error *reterr)
{
    for (size_t i = 0; i < crowd->count && (row->unknown || crowd->filtered < crowd->count); i++) {
        const struct member *member = &crowd->members[i];
        bool before, after;
        if (member->shape->filter && !row->unknown)
            continue;
        lt_lane_shape_effect(member->shape, rows, row, &before, &after);
        if ((before || after) &&
            visit(arg, member->stream, member->shape, before, after, reterr) < 0)
            return -1;
    }
    return 0;
}

/* Marks before and after on the shapes concerned; the places found are left in the two lists. */
static void mark(struct lt_lane_crowd *crowd,
                 const struct lt_lane_rows *rows,
                 const struct lt_lane_row *row,
                 size_t *ret_rows,
                 size_t *ret_scopes)
{
    bool same = !row->before.data && row->op != LT_OP_INSERT && row->op != LT_OP_SNAPSHOT;
    *ret_rows = *ret_scopes = 0;
    if (row->record.data)
        *ret_rows = lt_scope_index_match(crowd->rows, row->record, rows->row_spans,
                                         crowd->found_rows, crowd->cap);
    if (row->before.data)
        *ret_scopes = lt_scope_index_match(crowd->scopes, row->before, rows->scope_spans,
                                           crowd->found_scopes, crowd->cap);
    for (size_t i = 0; i < *ret_scopes; i++)
        crowd->members[(size_t)crowd->found_scopes[i]].shape->before = true;
    for (size_t i = 0; i < *ret_rows; i++) {
        struct lt_lane_shape *shape = crowd->members[(size_t)crowd->found_rows[i]].shape;
        shape->after = true;
        shape->before |= same;
    }
}

static int tell(struct lt_lane_crowd *crowd,
                void *const *found,
                size_t count,
                lt_lane_crowd_visit *visit,
                void *arg,
                struct lt_error *reterr)
{
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &crowd->members[(size_t)found[i]];
        bool before = member->shape->before, after = member->shape->after;
        member->shape->before = member->shape->after = false; /* once */
        if (rc == 0 && visit && (before || after))
            rc = visit(arg, member->stream, member->shape, before, after, reterr);
    }
    return rc;
}

int lt_lane_crowd_match(struct lt_lane_crowd *crowd,
                        const struct lt_lane_rows *rows,
                        const struct lt_lane_row *row,
                        lt_lane_crowd_visit *visit,
                        void *arg,
                        struct lt_error *reterr)
{
    size_t found_rows = 0, found_scopes = 0;
    if (match_one_by_one(crowd, rows, row, visit, arg, reterr) < 0)
        return -1;
    if (crowd->filtered == 0 || row->unknown)
        return 0;
    mark(crowd, rows, row, &found_rows, &found_scopes);
    int rc = tell(crowd, crowd->found_rows, found_rows, visit, arg, reterr);
    /* After a failure the second list is only unmarked. */
    int rest = tell(crowd, crowd->found_scopes, found_scopes, rc == 0 ? visit : NULL, arg, reterr);
    return rc == 0 ? rest : rc;
}
