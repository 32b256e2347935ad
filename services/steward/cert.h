/**
 * @file
 * Certificates of applications: an EC P-256 key and a certificate CN=<application>.k<generation>,
 * signed by the platform's private authority.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"

struct lt_cert_authority {
    const char *cert_file, *key_file;
};
/** Writes <directory>/<cn>.key and <cn>.pem, both mode 0600, replacing what is there.  Good from
 * five minutes before `now` (clocks differ) until `until`, whole seconds.  LT_ERR_REJECT when the
 * authority itself ends earlier or the files cannot be written; LT_ERR_FATAL when the authority
 * cannot be used. */
int lt_cert_issue(const struct lt_cert_authority *authority,
                  const char *cn,
                  lt_time now,
                  lt_time until,
                  const char *directory,
                  struct lt_error *reterr) LT_MUST_CHECK;
