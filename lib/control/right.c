/*
 * lt_route(): DX-1 clause by clause.  Each clause is one function that says no for anything it does
 * not know; the table is the order in which they are asked.
 */
#include "control/right.h"

#include <stdio.h>
#include <string.h>

/* What the clauses look at; any pointer may be NULL. */
struct question {
    const struct lt_fold *fold;
    const struct lt_right_facts *facts;
    const char *id;
    const struct lt_connection *connection;
    const struct lt_service *service;
    const struct lt_agreement *agreement;
    const struct lt_application *application;
    char *detail;
    size_t detail_size;
};

/* Writes the detail and gives false, so that `return no(...)` reads well. */
static bool no(const struct question *q, const char *fmt, ...) LT_PRINTF(2, 3);
static bool no(const struct question *q, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(q->detail, q->detail_size, fmt, args);
    va_end(args);
    return false;
}

/* "at" for a detail, up to seconds. */
static const char *when(lt_time at, char buf[40])
{
    return lt_time_utc(at, buf, 40);
}

static lt_time last_moment(const struct question *q)
{
    return q->facts->now + q->facts->transaction;
}

static bool control_fresh(const struct question *q)
{
    const char *why = NULL;
    return lt_fold_fresh(q->fold, q->facts->now, q->facts->grace, &why) || no(q, "%s", why);
}

static bool connection_stands(const struct question *q)
{
    char at[40];
    if (!q->connection)
        return no(q, "connection '%s' is unknown", q->id);
    if (q->connection->ended_at != LT_NULL)
        return no(q, "terminated at %s, ground %s", when(q->connection->ended_at, at),
                  q->connection->ground);
    if (!q->agreement)
        return true; /* clause "agreement" says so */
    if (q->agreement->ended_at != LT_NULL)
        return no(q, "agreement %s ended at %s, ground %s", q->connection->agreement,
                  when(q->agreement->ended_at, at), q->agreement->ground);
    const lt_time until = q->agreement->connection_until;
    if (until != LT_NULL && until <= q->facts->now)
        return no(q, "agreement %s expired at %s, ground 44.1d-2", q->connection->agreement,
                  when(until, at));
    return true;
}

static bool published(const struct question *q)
{
    if (!q->service)
        return no(q, "data service is unknown");
    return q->service->published ||
           no(q, "data service %s is not published", q->connection->service);
}

static bool policy_in_force(const struct question *q)
{
    if (!q->service || !q->service->policy)
        return no(q, "no policy in force");
    if (q->service->policy->use_period <= 0)
        return no(q, "the policy has no finite use period");
    return q->connection->use_period <= q->service->policy->use_period ||
           no(q, "use period is longer than policy %ld allows", (long)q->service->policy->version);
}

static bool free_of_holds(const struct question *q, const char *target)
{
    const struct lt_hold *hold = NULL;
    const char *id = NULL;
    char at[40];
    const size_t count = lt_fold_holds_on(q->fold, target, &hold, 1);
    if (count == 0)
        return true;
    lt_fold_hold_ids_on(q->fold, target, &id, 1);
    char more[40] = "";
    if (count > 1)
        snprintf(more, sizeof(more), " (and %zu more)", count - 1);
    return no(q, "hold %s on %s, ground %s, since %s%s", id, target, hold->ground,
              when(hold->set_at, at), more);
}

static bool service_free(const struct question *q)
{
    return q->connection ? free_of_holds(q, q->connection->service)
                         : no(q, "data service is unknown");
}

static bool pair_free(const struct question *q)
{
    return free_of_holds(q, q->id);
}

static bool same_agencies(const struct question *q)
{
    const struct lt_application *provider = lt_fold_application(q->fold, q->service->provider);
    return provider && strcmp(provider->agency, q->agreement->provider) == 0 &&
           strcmp(q->application->agency, q->agreement->user) == 0;
}

static bool agreement_in_force(const struct question *q)
{
    char at[40];
    if (!q->agreement)
        return no(q, "agreement is unknown");
    const struct lt_agreement *agreement = q->agreement;
    if (!agreement->signed_by_all)
        return no(q, "agreement %s is not signed by all", q->connection->agreement);
    if (agreement->valid_from > q->facts->now)
        return no(q, "agreement %s is in force from %s", q->connection->agreement,
                  when(agreement->valid_from, at));
    if (agreement->ended_at != LT_NULL)
        return no(q, "agreement %s has ended", q->connection->agreement);
    if (agreement->connection_until != LT_NULL && agreement->connection_until <= last_moment(q))
        return no(q, "agreement %s ends at %s, before a delivery begun now could end",
                  q->connection->agreement, when(agreement->connection_until, at));
    if (!q->service || !q->application || !same_agencies(q))
        return no(q, "agreement %s is between other agencies", q->connection->agreement);
    return true;
}

static bool account_active(const struct question *q)
{
    char at[40];
    const struct lt_application *application = q->application;
    if (!application)
        return no(q, "application is unknown");
    if (!application->active)
        return no(q, "application %s is locked", q->connection->application);
    if (strcmp(application->role, "user") != 0)
        return no(q, "application %s is not a user", q->connection->application);
    if (application->key_generation < 1)
        return no(q, "application %s has no certificate", q->connection->application);
    return application->certificate_until > last_moment(q) ||
           no(q, "certificate of %s.k%ld ends at %s", q->connection->application,
              (long)application->key_generation, when(application->certificate_until, at));
}

static bool scope_known(const struct question *q)
{
    if (!q->connection || q->connection->field_count == 0)
        return no(q, "no fields are granted");
    return q->facts->scope_known || no(q, "fields and row filter cannot be applied");
}

static bool within_rate(const struct question *q)
{
    if (!q->connection)
        return no(q, "connection is unknown");
    const int64_t most = q->connection->max_per_day;
    return most == LT_NULL || q->facts->delivered_today < most ||
           no(q, "%ld records delivered today, %ld declared", (long)q->facts->delivered_today,
              (long)most);
}

static bool diary_writable(const struct question *q)
{
    return q->facts->diary_writable || no(q, "the diary cannot be written");
}

struct clause {
    const char *name;
    bool (*holds)(const struct question *q);
    bool final;
    const char *english, *vietnamese;
};
static const struct clause clauses[] = {
    [LT_CLAUSE_NONE] = {"none", NULL, false, "delivery is allowed", "được phép cung cấp dữ liệu"},
    [LT_CLAUSE_CONTROL] =
        {"control", control_fresh, false,
         "the current rights are not known for certain, so nothing is delivered",
         "không xác định chắc chắn được các quyền hiện hành nên không cung cấp dữ liệu"},
    [LT_CLAUSE_CONNECTION] = {"connection", connection_stands, true,
                              "the connection does not exist or is terminated (article 44)",
                              "kết nối không tồn tại hoặc đã chấm dứt (Điều 44)"},
    [LT_CLAUSE_PUBLISHED] = {"published", published, false,
                             "the data sharing service is not published (article 24)",
                             "dịch vụ chia sẻ dữ liệu chưa được công bố (Điều 24)"},
    [LT_CLAUSE_POLICY] =
        {"policy", policy_in_force, false,
         "no regulations on data utilization and use are in force (articles 22 and 41)",
         "chưa có quy chế khai thác, sử dụng dữ liệu đang có hiệu lực (Điều 22 và Điều 41)"},
    [LT_CLAUSE_SERVICE_HOLD] = {"service_hold", service_free, false,
                                "sharing is suspended for the whole service (article 43, clause 1)",
                                "dịch vụ chia sẻ dữ liệu đang tạm ngừng (khoản 1 Điều 43)"},
    [LT_CLAUSE_PAIR_HOLD] = {"pair_hold", pair_free, false,
                             "the connection is suspended for this user (article 43, clause 2)",
                             "kết nối của bên khai thác đang tạm ngừng (khoản 2 Điều 43)"},
    [LT_CLAUSE_AGREEMENT] =
        {"agreement", agreement_in_force, false,
         "no agreement signed by all parties is in force (articles 37 and 38)",
         "không có thỏa thuận đã được các bên ký đang có hiệu lực (Điều 37 và Điều 38)"},
    [LT_CLAUSE_ACCOUNT] =
        {"account", account_active, false,
         "the application has no active account with a valid certificate (article 40)",
         "ứng dụng không có tài khoản hoạt động với chứng thư số còn hiệu lực (Điều 40)"},
    [LT_CLAUSE_SCOPE] =
        {"scope", scope_known, false,
         "the scope of fields and rows is not known (article 52, clause 2, point b)",
         "phạm vi trường và bản ghi được chia sẻ chưa xác định (điểm b khoản 2 Điều 52)"},
    [LT_CLAUSE_RATE] = {"rate", within_rate, false,
                        "the declared frequency of use is exceeded (article 35, clause 2, point e)",
                        "vượt quá tần suất khai thác đã đăng ký (điểm e khoản 2 Điều 35)"},
    [LT_CLAUSE_DIARY] = {"diary", diary_writable, false,
                         "the diary cannot be written, so nothing is delivered (article 45)",
                         "không ghi được nhật ký nên không cung cấp dữ liệu (Điều 45)"},
};

const char *lt_clause_name(enum lt_clause clause)
{
    return clauses[clause].name;
}

const char *lt_clause_words(enum lt_clause clause, bool vietnamese)
{
    return vietnamese ? clauses[clause].vietnamese : clauses[clause].english;
}

bool lt_clause_is_final(enum lt_clause clause)
{
    return clauses[clause].final;
}

static struct question ask(const struct lt_fold *fold,
                           const char *connection,
                           const struct lt_right_facts *facts,
                           struct lt_right *right)
{
    struct question q = {
        .fold = fold,
        .facts = facts,
        .id = connection,
        .detail = right->detail,
        .detail_size = sizeof(right->detail),
        .connection = lt_fold_connection(fold, connection),
    };
    if (q.connection) {
        q.service = lt_fold_service(fold, q.connection->service);
        q.agreement = lt_fold_agreement(fold, q.connection->agreement);
        q.application = lt_fold_application(fold, q.connection->application);
    }
    return q;
}

struct lt_right
lt_route(const struct lt_fold *fold, const char *connection, const struct lt_right_facts *facts)
{
    struct lt_right right = {.clause = LT_CLAUSE_NONE};
    const struct question q = ask(fold, connection, facts, &right);
    for (enum lt_clause clause = LT_CLAUSE_CONTROL; clause < LT_COUNT(clauses); clause++) {
        if (!clauses[clause].holds(&q)) {
            right.clause = clause;
            break;
        }
    }
    return right;
}

unsigned lt_route_failing(const struct lt_fold *fold,
                          const char *connection,
                          const struct lt_right_facts *facts)
{
    struct lt_right right = {.clause = LT_CLAUSE_NONE};
    const struct question q = ask(fold, connection, facts, &right);
    unsigned failing = 0;
    for (enum lt_clause clause = LT_CLAUSE_CONTROL; clause < LT_COUNT(clauses); clause++)
        if (!clauses[clause].holds(&q))
            failing |= 1u << clause;
    return failing;
}

static lt_time earlier(lt_time until, lt_time moment, lt_time now)
{
    return moment != LT_NULL && moment > now ? LT_MIN(until, moment) : until;
}

/* The moments that the clauses above compare with now, or with the end of a transaction begun now.
 */
lt_time lt_route_until(const struct lt_fold *fold,
                       const char *connection,
                       const struct lt_right_facts *facts)
{
    struct lt_right right;
    const struct question q = ask(fold, connection, facts, &right);
    const lt_time now = facts->now, ahead = facts->transaction;
    lt_time until = INT64_MAX;
    if (q.agreement) {
        const lt_time end = q.agreement->connection_until;
        until = earlier(until, q.agreement->valid_from, now);
        until = earlier(until, end, now);
        until = earlier(until, end == LT_NULL ? LT_NULL : end - ahead, now);
    }
    return q.application ? earlier(until, q.application->certificate_until - ahead, now) : until;
}
