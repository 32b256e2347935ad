/*
 * lienthong init: the only use of the bootstrap certificate.  Makes the three topics that nobody
 * else may make, gives the platform's own principals their rights (control/grants.h) and writes the
 * steward's key pair.  Everything that is there already is kept, so a run that broke off is simply
 * repeated.
 */
#include "lienthong/cli.h"

#include "base/num.h"
#include "bus/admin.h"
#include "control/grants.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)LT_GRANT_TOPIC == (int)LT_ACL_TOPIC &&
                   (int)LT_GRANT_GROUP == (int)LT_ACL_GROUP &&
                   (int)LT_GRANT_CLUSTER == (int)LT_ACL_CLUSTER &&
                   (int)LT_GRANT_TRANSACTIONAL_ID == (int)LT_ACL_TRANSACTIONAL_ID,
               "grants.h and admin.h name the same resources");
_Static_assert((int)LT_GRANT_READ == (int)LT_ACL_READ && (int)LT_GRANT_WRITE == (int)LT_ACL_WRITE &&
                   (int)LT_GRANT_CREATE == (int)LT_ACL_CREATE &&
                   (int)LT_GRANT_DELETE == (int)LT_ACL_DELETE &&
                   (int)LT_GRANT_ALTER == (int)LT_ACL_ALTER &&
                   (int)LT_GRANT_DESCRIBE == (int)LT_ACL_DESCRIBE &&
                   (int)LT_GRANT_DESCRIBE_CONFIGS == (int)LT_ACL_DESCRIBE_CONFIGS &&
                   (int)LT_GRANT_ALTER_CONFIGS == (int)LT_ACL_ALTER_CONFIGS,
               "grants.h and admin.h name the same operations");

#define REPLICAS_MAX 16

/* Small segments: only closed ones are compacted, and lanes read these topics whole at start. */
#define COMPACT                                                                 \
    {"cleanup.policy", "compact"}, {"message.timestamp.type", "LogAppendTime"}, \
        {"max.message.bytes", "3145728"},                                       \
    {                                                                           \
        "segment.bytes", "16777216"                                             \
    }

static const struct topic {
    const char *name;
    struct lt_topic_config configs[4];
} TOPICS[] = {
    {LT_TOPIC_CONTROL, {COMPACT}},
    {LT_TOPIC_CURSORS, {COMPACT}},
    {LT_TOPIC_DIARY,
     {{"cleanup.policy", "delete"},
      {"message.timestamp.type", "LogAppendTime"},
      {"max.message.bytes", "3145728"},
      {"retention.ms", "-1"}}},
};

/* ---- the steward's key pair ---- */

static int
make_pair(const char *private_path, uint8_t ret_public[LT_SIGN_KEY_BYTES], struct lt_error *reterr)
{
    uint8_t private_key[LT_SIGN_KEY_BYTES];
    int rc = lt_control_key_new(private_key, ret_public, reterr);
    if (rc == 0)
        rc = lt_control_key_write(private_path, private_key, 0600, reterr);
    OPENSSL_cleanse(private_key, sizeof private_key);
    return rc;
}

static int
read_pair(const char *private_path, uint8_t ret_public[LT_SIGN_KEY_BYTES], struct lt_error *reterr)
{
    uint8_t private_key[LT_SIGN_KEY_BYTES];
    int rc = lt_control_key_read_private(private_path, private_key, reterr);
    if (rc == 0)
        lt_control_key_public(private_key, ret_public);
    OPENSSL_cleanse(private_key, sizeof private_key);
    return rc;
}

/* The public file must be the half of the private one: everybody checks signatures with it. */
static int
ensure_public(const char *path, const uint8_t key[LT_SIGN_KEY_BYTES], struct lt_error *reterr)
{
    if (access(path, F_OK) != 0)
        return lt_control_key_write(path, key, 0644, reterr);
    uint8_t there[LT_SIGN_KEY_BYTES];
    if (lt_control_key_read_public(path, there, reterr) != 0)
        return -1;
    if (memcmp(there, key, sizeof there) != 0)
        return lt_fail(reterr, LT_ERR_FATAL, "control", 0,
                       "%s: not the public half of the steward's private key", path);
    return 0;
}

static int ensure_keys(const struct lt_cli *cli, const char *private_path, struct lt_error *reterr)
{
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    const bool there = access(private_path, F_OK) == 0;
    int rc = there ? read_pair(private_path, public_key, reterr)
                   : make_pair(private_path, public_key, reterr);
    if (rc != 0 || ensure_public(cli->conf.public_key_file, public_key, reterr) != 0)
        return -1;
    printf(there ? LT_SAY(cli->lang, "key pair kept: %s\n", "giữ nguyên cặp khóa: %s\n")
                 : LT_SAY(cli->lang, "key pair made: %s\n", "đã tạo cặp khóa: %s\n"),
           private_path);
    return 0;
}

/* ---- topics and rights ---- */

static int make_topics(struct lt_admin *admin, int replicas, struct lt_error *reterr)
{
    for (size_t i = 0; i < LT_COUNT(TOPICS); i++) {
        struct lt_topic_config configs[LT_COUNT(TOPICS[i].configs) + 1];
        size_t count = LT_COUNT(TOPICS[i].configs);
        memcpy(configs, TOPICS[i].configs, sizeof TOPICS[i].configs);
        if (replicas > 1) /* a record is kept when one broker is lost */
            configs[count++] = (struct lt_topic_config){"min.insync.replicas", "2"};
        if (lt_admin_topic_create(admin, TOPICS[i].name, replicas, configs, count, reterr) != 0)
            return -1;
        printf("topic %s\n", TOPICS[i].name);
    }
    return 0;
}

static int grant_all(const struct lt_cli *cli, struct lt_admin *admin, struct lt_error *reterr)
{
    struct lt_acl *acls = lt_alloc(lt_grant_count * sizeof *acls);
    for (size_t i = 0; i < lt_grant_count; i++) {
        const struct lt_grant *grant = &lt_grants[i];
        acls[i].resource = (enum lt_acl_resource)grant->resource;
        acls[i].operation = (enum lt_acl_operation)grant->operation;
        acls[i].prefixed = grant->prefixed;
        snprintf(acls[i].name, sizeof acls[i].name, "%s", grant->name);
        snprintf(acls[i].principal, sizeof acls[i].principal, "User:%s", grant->principal);
    }
    int rc = lt_admin_acl_add(admin, acls, lt_grant_count, reterr);
    lt_freep(&acls);
    if (rc == 0)
        printf(LT_SAY(cli->lang, "rights granted to steward, routing and operator: %zu\n",
                      "số quyền đã cấp cho steward, routing và operator: %zu\n"),
               lt_grant_count);
    return rc;
}

static int run_with(const struct lt_cli *cli,
                    const struct lt_bus *bus,
                    const char *key_path,
                    int replicas,
                    struct lt_error *reterr)
{
    if (ensure_keys(cli, key_path, reterr) != 0)
        return -1;
    LT_CLEANUP(lt_admin_closep) struct lt_admin *admin = lt_admin_open(bus, reterr);
    if (!admin || make_topics(admin, replicas, reterr) != 0)
        return -1;
    return grant_all(cli, admin, reterr);
}

/* The bootstrap certificate: named here, or the configured one. */
static bool pick_certificate(const struct lt_cli *cli, struct lt_bus *bus)
{
    const char *cert = lt_cli_value(cli, "bootstrap-cert");
    const char *key = lt_cli_value(cli, "bootstrap-key");
    if (!cert && !key)
        return true;
    bus->cert_file = cert ? cert : lt_cli_needed(cli, "bootstrap-cert");
    bus->key_file = key ? key : lt_cli_needed(cli, "bootstrap-key");
    return bus->cert_file && bus->key_file;
}

static int pick_replicas(const struct lt_cli *cli, int *ret)
{
    const char *text = lt_cli_value(cli, "replicas");
    uint64_t replicas = 1;
    if (text && (lt_parse_u64(text, strlen(text), REPLICAS_MAX, &replicas) != 0 || replicas == 0))
        return lt_cli_usage(cli,
                            LT_SAY(cli->lang, "--replicas: 1 to 16 expected, not %s",
                                   "--replicas: từ 1 đến 16, không phải %s"),
                            text);
    *ret = (int)replicas;
    return 0;
}

static void say_destroy(const struct lt_cli *cli, const struct lt_bus *bus)
{
    printf(LT_SAY(cli->lang,
                  "\nNow destroy the bootstrap certificate, nothing needs it any more:\n"
                  "  shred -u %s %s\n"
                  "and take its principal out of super.users on every broker.\n",
                  "\nHãy hủy chứng thư khởi tạo, từ nay không còn cần đến:\n"
                  "  shred -u %s %s\n"
                  "và xóa tên của nó khỏi super.users trên mọi broker.\n"),
           bus->cert_file ? bus->cert_file : "", bus->key_file ? bus->key_file : "");
}

static int run(struct lt_cli *cli)
{
    struct lt_bus bus = cli->bus;
    const char *key_path = lt_cli_needed(cli, "key-file");
    int replicas = 1;
    if (!key_path || !pick_certificate(cli, &bus) || pick_replicas(cli, &replicas) != 0)
        return LT_CLI_EXIT_USAGE;
    struct lt_error err = {0};
    if (run_with(cli, &bus, key_path, replicas, &err) != 0)
        return lt_cli_fail(cli, &err);
    say_destroy(cli, &bus);
    return LT_CLI_EXIT_OK;
}

static const struct lt_cli_option OPTIONS[] = {
    {"bootstrap-cert",
     "FILE",
     {"the bootstrap certificate (PEM); default: [kafka] cert_file",
      "chứng thư khởi tạo (PEM); mặc định: [kafka] cert_file"}},
    {"bootstrap-key",
     "FILE",
     {"its private key (PEM)", "khóa bí mật của chứng thư khởi tạo (PEM)"}},
    {"key-file",
     "FILE",
     {"the steward's private key, made if absent", "khóa ký của lt-steward, được tạo nếu chưa có"}},
    {"replicas",
     "N",
     {"copies of the platform's topics (1)", "số bản sao của các topic nền tảng (1)"}},
    {0},
};

const struct lt_cli_command lt_cli_init = {
    .name = "init",
    .arguments = "",
    .least = 0,
    .most = 0,
    .options = OPTIONS,
    .summary = {"makes the platform's topics, rights and signing key, once",
                "tạo topic, quyền và khóa ký của nền tảng, chỉ một lần"},
    .details = {"\nUses the bootstrap certificate; what is there already is kept.",
                "\nDùng chứng thư khởi tạo; những gì đã có được giữ nguyên."},
    .run = run,
};
