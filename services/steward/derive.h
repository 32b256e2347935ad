/**
 * @file
 * Avro schemas of a data service, derived from its declaration (schemas/README.md).  Pure: the same
 * declaration gives the same text.
 *
 * Namespace vn.lienthong.<service>; records <Entity>Key, <Entity> and <Entity>Scope; each field has
 * the properties lt.column and lt.type.  A field that is not required is ["null", T], default null.
 */
#pragma once

#include "record/records.h"

/** The record of the key fields, in the order of the key. */
void lt_derive_key(const char *id, const struct lt_service *service, struct lt_buf *text);
/** The record of all declared fields. */
void lt_derive_value(const char *id, const struct lt_service *service, struct lt_buf *text);
/** The record of the scope columns, all of them nullable: their old values. */
void lt_derive_scope(const char *id, const struct lt_service *service, struct lt_buf *text);
