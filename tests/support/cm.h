/**
 * @file
 * cmocka with the headers it needs, in the order it needs them.  For tests only.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
