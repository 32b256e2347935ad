/**
 * @file
 * Whole files, with limits.  Layer 0.  Errors name the path.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

/** Reads a regular file of at most max_bytes into buf (replacing what is there). */
int lt_file_read(const char *path, size_t max_bytes, struct lt_buf *buf, struct lt_error *reterr)
    LT_MUST_CHECK;
/** Writes path.tmp, fsyncs and renames; mode as for open(2). */
int lt_file_replace(const char *path, struct lt_bytes data, int mode, struct lt_error *reterr)
    LT_MUST_CHECK;
/** Appends to path, made with mode when it is not there, and fsyncs.  On failure some of the data
 * may stand there: lt_file_cut(). */
int lt_file_append(const char *path, struct lt_bytes data, int mode, struct lt_error *reterr)
    LT_MUST_CHECK;
/** Cuts a file to size bytes and fsyncs. */
int lt_file_cut(const char *path, size_t size, struct lt_error *reterr) LT_MUST_CHECK;
/** Creates a directory and its parents, as mkdir -p. */
int lt_dir_make(const char *path, int mode, struct lt_error *reterr) LT_MUST_CHECK;
