/* SPDX-License-Identifier: Apache-2.0 */
/* What every engine unit test includes; cmocka wants these four before it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
