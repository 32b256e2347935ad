#include "bench/apply_load.h"

#include <string.h>

bool apply_kind_parse(const char *name, enum apply_kind *ret)
{
    static const char *const names[] = {[APPLY_HALF] = "half",
                                        [APPLY_NEW] = "new",
                                        [APPLY_UPDATE] = "update",
                                        [APPLY_DELETE] = "delete"};
    for (size_t i = 0; i < LT_COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *ret = (enum apply_kind)i;
            return true;
        }
    }
    return false;
}

int64_t apply_row_of(const struct apply_load *load, int64_t k)
{
    return load->kind == APPLY_NEW ? k + 1 : k * 7919 % load->rows + 1;
}

bool apply_is_new(const struct apply_load *load, int64_t row)
{
    return load->kind == APPLY_NEW || (load->kind == APPLY_HALF && row % 2 != 0);
}

void apply_before_sql(const struct apply_load *load, const char *table, struct lt_buf *sql)
{
    if (load->kind == APPLY_NEW) {
        return;
    }
    lt_buf_addf(sql,
                "INSERT INTO %s SELECT i, i * 7919 %% 1000, (i * 7 %% 100000000)::numeric / 10000,"
                " to_timestamp(1795457460 + i / 1000.0), 'Nguyễn Thị Hồng ' || i %% 100000,"
                " CASE WHEN i %% 17 > 0 THEN 'Số ' || i %% 1000 ||"
                " ', đường Lê Lợi, phường Bến Nghé' END, i %% 3 = 0, i * 1000003"
                " FROM generate_series(1::bigint, %lld) AS i%s; ANALYZE %s",
                table, (long long)load->rows, load->kind == APPLY_HALF ? " WHERE i % 2 = 0" : "",
                table);
}
