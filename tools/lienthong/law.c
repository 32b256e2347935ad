#include "lienthong/law.h"

#include "control/right.h"

#include <string.h>

static const struct ground {
    const char *ground, *article[2], *words[2];
} GROUNDS[] = {
    {"43.1a",
     {"point a, clause 1, article 43", "điểm a khoản 1 Điều 43"},
     {"upgrade, expansion or maintenance of information systems and information infrastructure",
      "nâng cấp, mở rộng hoặc bảo trì hệ thống thông tin, hạ tầng thông tin"}},
    {"43.1b",
     {"point b, clause 1, article 43", "điểm b khoản 1 Điều 43"},
     {"force majeure that interrupts services or connection, or affects the operation of the "
      "information system and data safety",
      "trường hợp bất khả kháng làm gián đoạn dịch vụ, kết nối hoặc ảnh hưởng đến hoạt động của "
      "hệ thống thông tin và an toàn dữ liệu"}},
    {"43.2a",
     {"point a, clause 2, article 43", "điểm a khoản 2 Điều 43"},
     {"the agency utilizing data has violated regulations on data utilization and use",
      "cơ quan khai thác dữ liệu vi phạm quy chế khai thác, sử dụng dữ liệu"}},
    {"43.2b",
     {"point b, clause 2, article 43", "điểm b khoản 2 Điều 43"},
     {"the data connection may infringe safety or security",
      "kết nối dữ liệu được xác định có nguy cơ gây mất an toàn, an ninh thông tin"}},
    {"44.1a",
     {"point a, clause 1, article 44", "điểm a khoản 1 Điều 44"},
     {"the current purpose of using data no longer agrees with the original purpose",
      "mục đích sử dụng dữ liệu hiện tại không còn phù hợp với mục đích ban đầu"}},
    {"44.1b",
     {"point b, clause 1, article 44", "điểm b khoản 1 Điều 44"},
     {"the connection cannot be restored and the data sharing service cannot be maintained",
      "kết nối không thể khôi phục do sự cố hoặc điều kiện khách quan và không thể tiếp tục duy "
      "trì dịch vụ chia sẻ dữ liệu"}},
    {"44.1c",
     {"point c, clause 1, article 44", "điểm c khoản 1 Điều 44"},
     {"at the request of a competent agency according to law",
      "theo yêu cầu của cơ quan có thẩm quyền theo quy định của pháp luật"}},
    {"44.1d-1",
     {"point d, clause 1, article 44", "điểm d khoản 1 Điều 44"},
     {"the agency utilizing data no longer wishes to continue the connection",
      "cơ quan khai thác dữ liệu không còn nhu cầu kết nối, khai thác dữ liệu"}},
    {"44.1d-2",
     {"point d, clause 1, article 44", "điểm d khoản 1 Điều 44"},
     {"the agreed details regarding data sharing have expired",
      "thỏa thuận chia sẻ dữ liệu hết thời hạn"}},
};

static const struct ground *find(const char *ground)
{
    for (size_t i = 0; i < LT_COUNT(GROUNDS); i++)
        if (strcmp(GROUNDS[i].ground, ground) == 0)
            return &GROUNDS[i];
    return NULL;
}

bool lt_cli_is_hold_ground(const char *ground)
{
    return find(ground) && strncmp(ground, "43.", 3) == 0;
}

/* 44.1d-2 (expiry) happens by itself at the agreed instant; nobody declares it. */
bool lt_cli_is_revoke_ground(const char *ground)
{
    return find(ground) && strncmp(ground, "44.", 3) == 0 && strcmp(ground, "44.1d-2") != 0;
}

bool lt_cli_ground_is_service_wide(const char *ground)
{
    return strncmp(ground, "43.1", 4) == 0;
}

const char *lt_cli_ground_words(enum lt_cli_lang lang, const char *ground)
{
    const struct ground *known = find(ground);
    return known ? known->words[lang] : ground;
}

const char *lt_cli_ground_article(enum lt_cli_lang lang, const char *ground)
{
    const struct ground *known = find(ground);
    return known ? known->article[lang] : ground;
}

static const struct pair {
    const char *name, *words[2];
} KINDS[] =
    {
        {"agency", {"article 7 (contact points of agencies)", "Điều 7 (đầu mối của cơ quan)"}},
        {"application", {"article 40 (accounts for connection)", "Điều 40 (tài khoản kết nối)"}},
        {"service",
         {"articles 22, 24 and 25 (data sharing services and their regulations)",
          "các Điều 22, 24 và 25 (dịch vụ chia sẻ dữ liệu và quy chế khai thác, sử dụng)"}},
        {"agreement",
         {"articles 37 and 38 (agreed details regarding data sharing)",
          "các Điều 37 và 38 (thỏa thuận chia sẻ dữ liệu)"}},
},
  STATES[] =
      {
          {"LOAD", {"first load runs", "đang nạp lần đầu"}},
          {"CATCH", {"catching up", "đang đuổi kịp"}},
          {"READY", {"caught up, being handed over", "đã đuổi kịp, đang bàn giao"}},
          {"LIVE", {"live", "đang cung cấp"}},
          {"HELD", {"suspended", "đang tạm ngừng"}},
          {"ENDED", {"ended", "đã kết thúc"}},
},
  REASONS[] = {
      {"terminated", {"the connection is terminated", "kết nối đã chấm dứt"}},
      {"amended",
       {"the scope was amended, another stream replaces it",
        "phạm vi đã sửa đổi, luồng khác thay thế"}},
      {"incarnation",
       {"the feed began anew, another stream replaces it",
        "dòng nguồn bắt đầu lại, luồng khác thay thế"}},
      {"damaged",
       {"damage was found, another stream replaces it", "phát hiện hư hỏng, luồng khác thay thế"}},
      {"window",
       {"it stood still for too long, another stream replaces it",
        "dừng quá lâu, luồng khác thay thế"}},
      {"technical", {"its topic failed, tried again soon", "topic gặp sự cố kỹ thuật, sẽ thử lại"}},
};

static const char *
words(const struct pair *pairs, size_t count, enum lt_cli_lang lang, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return pairs[i].words[lang];
    return name;
}

const char *lt_cli_kind_article(enum lt_cli_lang lang, const char *kind)
{
    return words(KINDS, LT_COUNT(KINDS), lang, kind);
}

const char *lt_cli_state_words(enum lt_cli_lang lang, const char *state)
{
    return words(STATES, LT_COUNT(STATES), lang, state);
}

const char *lt_cli_reason_words(enum lt_cli_lang lang, const char *name)
{
    for (int clause = LT_CLAUSE_NONE + 1; clause <= LT_CLAUSE_DIARY; clause++)
        if (strcmp(lt_clause_name((enum lt_clause)clause), name) == 0)
            return lt_clause_words((enum lt_clause)clause, lang == LT_CLI_VI);
    return words(REASONS, LT_COUNT(REASONS), lang, name);
}
