/* SPDX-License-Identifier: Apache-2.0 */
/* OVAL's enumerations and their spellings (OVAL 5.11 definitions and common schemas). Pure tables.
 */
#pragma once

#include "oval/oval.h"

enum sw_oval_check {
	SW_OVAL_CHECK_ALL,
	SW_OVAL_CHECK_AT_LEAST_ONE,
	SW_OVAL_CHECK_NONE_SATISFY, /* also the deprecated "none exist" */
	SW_OVAL_CHECK_ONLY_ONE,
	_SW_OVAL_CHECK_MAX,
};

enum sw_oval_existence {
	SW_OVAL_ALL_EXIST,
	SW_OVAL_ANY_EXIST,
	SW_OVAL_AT_LEAST_ONE_EXISTS,
	SW_OVAL_NONE_EXIST,
	SW_OVAL_ONLY_ONE_EXISTS,
	_SW_OVAL_EXISTENCE_MAX,
};

enum sw_oval_operator {
	SW_OVAL_AND,
	SW_OVAL_ONE,
	SW_OVAL_OR,
	SW_OVAL_XOR,
	_SW_OVAL_OPERATOR_MAX,
};

enum sw_oval_operation {
	SW_OVAL_EQUALS,
	SW_OVAL_NOT_EQUAL,
	SW_OVAL_CASE_INSENSITIVE_EQUALS,
	SW_OVAL_CASE_INSENSITIVE_NOT_EQUAL,
	SW_OVAL_GREATER_THAN,
	SW_OVAL_LESS_THAN,
	SW_OVAL_GREATER_THAN_OR_EQUAL,
	SW_OVAL_LESS_THAN_OR_EQUAL,
	SW_OVAL_BITWISE_AND,
	SW_OVAL_BITWISE_OR,
	SW_OVAL_PATTERN_MATCH,
	SW_OVAL_SUBSET_OF,
	SW_OVAL_SUPERSET_OF,
	_SW_OVAL_OPERATION_MAX,
};

enum sw_oval_datatype {
	SW_OVAL_STRING,
	SW_OVAL_INT,
	SW_OVAL_BOOLEAN,
	SW_OVAL_FLOAT,
	SW_OVAL_BINARY,
	SW_OVAL_VERSION,
	SW_OVAL_EVR_STRING,
	SW_OVAL_DEBIAN_EVR_STRING,
	SW_OVAL_IPV4_ADDRESS,
	SW_OVAL_IPV6_ADDRESS,
	SW_OVAL_RECORD,
	_SW_OVAL_DATATYPE_MAX,
};

/* Status of an item, or of one entity of it (system characteristics schema, StatusEnumeration). */
enum sw_oval_status {
	SW_OVAL_EXISTS,
	SW_OVAL_DOES_NOT_EXIST,
	SW_OVAL_STATUS_ERROR,
	SW_OVAL_STATUS_NOT_COLLECTED,
	_SW_OVAL_STATUS_MAX,
};

/* How complete the collection of an object was (FlagEnumeration). */
enum sw_oval_flag {
	SW_OVAL_FLAG_COMPLETE,
	SW_OVAL_FLAG_DOES_NOT_EXIST,
	SW_OVAL_FLAG_INCOMPLETE,
	SW_OVAL_FLAG_ERROR,
	SW_OVAL_FLAG_NOT_COLLECTED,
	SW_OVAL_FLAG_NOT_APPLICABLE,
	_SW_OVAL_FLAG_MAX,
};

/* Each from_str gives the sentinel for NULL and for what is not a spelling. */
enum sw_oval_check sw_oval_check_from_str(const char *s);
enum sw_oval_existence sw_oval_existence_from_str(const char *s);
enum sw_oval_operator sw_oval_operator_from_str(const char *s);
enum sw_oval_operation sw_oval_operation_from_str(const char *s);
enum sw_oval_datatype sw_oval_datatype_from_str(const char *s);
enum sw_oval_flag sw_oval_flag_from_str(const char *s);
const char *sw_oval_operation_str(enum sw_oval_operation op);
const char *sw_oval_existence_str(enum sw_oval_existence e);
const char *sw_oval_check_str(enum sw_oval_check c);
const char *sw_oval_operator_str(enum sw_oval_operator op);
const char *sw_oval_flag_str(enum sw_oval_flag flag);
