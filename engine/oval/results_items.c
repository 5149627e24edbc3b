/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The items of the OVAL 5.11 system characteristics schema: what an object's items are called, and
 * their entities in the order and of the datatype that the schema wants. A table, no more.
 */
#include "facts/facts.h"
#include "oval/results_private.h"
#include "stigwatch/cleanup.h"

static const struct oval_item_shape shapes[] = {
	{"independent", "family", "family_item", "family"},
	{"independent", "filehash", "filehash_item", "filepath path filename md5 sha1"},
	{"independent", "filehash58", "filehash58_item", "filepath path filename hash_type hash"},
	{"independent", "environmentvariable", "environmentvariable_item", "name value"},
	{"independent", "environmentvariable58", "environmentvariable58_item",
	 "pid:int name value"},
	{"independent", "textfilecontent54", "textfilecontent_item",
	 "filepath path filename pattern instance:int text "
	 "subexpression"},
	{"independent", "textfilecontent", "textfilecontent_item",
	 "filepath path filename pattern instance:int text "
	 "subexpression"},
	{"independent", "variable", "variable_item", "var_ref value"},
	{"independent", "xmlfilecontent", "xmlfilecontent_item",
	 "filepath path filename xpath value_of"},
	{"independent", "yamlfilecontent", "yamlfilecontent_item",
	 "filepath path filename yamlpath value:record"},
	{"unix", "file", "file_item",
	 "filepath path filename type group_id:int user_id:int "
	 "a_time:int c_time:int m_time:int size:int suid:boolean "
	 "sgid:boolean sticky:boolean uread:boolean uwrite:boolean "
	 "uexec:boolean gread:boolean gwrite:boolean gexec:boolean "
	 "oread:boolean owrite:boolean oexec:boolean "
	 "has_extended_acl:boolean"},
	{"unix", "fileextendedattribute", "fileextendedattribute_item",
	 "filepath path filename attribute_name value"},
	{"unix", "inetd", "inetd_item",
	 "protocol service_name server_program server_arguments "
	 "endpoint_type exec_as_user wait_status"},
	{"unix", "interface", "interface_item",
	 "name type hardware_addr inet_addr broadcast_addr netmask "
	 "flag"},
	{"unix", "password", "password_item",
	 "username password user_id:int group_id:int gcos home_dir "
	 "login_shell last_login:int"},
	{"unix", "process", "process_item",
	 "command exec_time pid:int ppid:int priority:int ruid:int "
	 "scheduling_class start_time tty user_id:int"},
	{"unix", "process58", "process58_item",
	 "command_line exec_time pid:int ppid:int priority:int "
	 "ruid:int scheduling_class start_time tty user_id:int "
	 "exec_shield:boolean loginuid:int posix_capability "
	 "selinux_domain_label session_id:int"},
	{"unix", "routingtable", "routingtable_item", "destination gateway flags interface_name"},
	{"unix", "runlevel", "runlevel_item", "service_name runlevel start:boolean kill:boolean"},
	{"unix", "shadow", "shadow_item",
	 "username password chg_lst:int chg_allow:int chg_req:int "
	 "exp_warn:int exp_inact:int exp_date:int flag encrypt_method"},
	{"unix", "symlink", "symlink_item", "filepath canonical_path"},
	{"unix", "sysctl", "sysctl_item", "name value"},
	{"unix", "uname", "uname_item",
	 "machine_class node_name os_name os_release os_version "
	 "processor_type"},
	{"unix", "xinetd", "xinetd_item",
	 "protocol service_name flags no_access only_from port:int "
	 "server server_arguments socket_type type user wait:boolean "
	 "disabled:boolean"},
	{"linux", "dpkginfo", "dpkginfo_item", "name arch epoch release version evr:evr_string"},
	{"linux", "iflisteners", "iflisteners_item",
	 "interface_name protocol hw_address program_name pid:int "
	 "user_id:int"},
	{"linux", "inetlisteningservers", "inetlisteningserver_item",
	 "protocol local_address local_port:int local_full_address "
	 "program_name foreign_address foreign_port:int "
	 "foreign_full_address pid:int user_id:int"},
	{"linux", "partition", "partition_item",
	 "mount_point device uuid fs_type mount_options "
	 "total_space:int space_used:int space_left:int"},
	{"linux", "rpminfo", "rpminfo_item",
	 "name arch epoch release version evr:evr_string "
	 "signature_keyid extended_name filepath"},
	{"linux", "rpmverify", "rpmverify_item",
	 "name filepath size_differs mode_differs md5_differs "
	 "device_differs link_mismatch ownership_differs group_differs "
	 "mtime_differs capabilities_differ configuration_file:boolean "
	 "documentation_file:boolean ghost_file:boolean "
	 "license_file:boolean readme_file:boolean"},
	{"linux", "rpmverifyfile", "rpmverifyfile_item",
	 "name epoch version release arch filepath extended_name "
	 "size_differs mode_differs md5_differs device_differs "
	 "link_mismatch ownership_differs group_differs mtime_differs "
	 "capabilities_differ configuration_file:boolean "
	 "documentation_file:boolean ghost_file:boolean "
	 "license_file:boolean readme_file:boolean"},
	{"linux", "rpmverifypackage", "rpmverifypackage_item",
	 "name epoch version release arch extended_name "
	 "dependency_check_passed:boolean digest_check_passed:boolean "
	 "verification_script_successful:boolean "
	 "signature_check_passed:boolean"},
	{"linux", "selinuxboolean", "selinuxboolean_item",
	 "name current_status:boolean pending_status:boolean"},
	{"linux", "selinuxsecuritycontext", "selinuxsecuritycontext_item",
	 "filepath path filename pid:int user role type "
	 "low_sensitivity low_category high_sensitivity high_category "
	 "rawlow_sensitivity rawlow_category rawhigh_sensitivity "
	 "rawhigh_category"},
	{"linux", "slackwarepkginfo", "slackwarepkginfo_item",
	 "name version architecture revision"},
	{"linux", "systemdunitdependency", "systemdunitdependency_item", "unit dependency"},
	{"linux", "systemdunitproperty", "systemdunitproperty_item", "unit property value"},
	{"unix", "dnscache", "dnscache_item", "domain_name ttl:int ip_address"},
	{"unix", "gconf", "gconf_item",
	 "key source type is_writable:boolean mod_user mod_time:int is_default:boolean value"},
	{"unix", "sccs", "sccs_item",
	 "filepath path filename module_name module_type release level branch sequence "
	 "what_string"},
	{"independent", "ldap", "ldap_item",
	 "suffix relative_dn attribute object_class ldaptype value"},
	{"independent", "ldap57", "ldap57_item",
	 "suffix relative_dn attribute object_class ldaptype value:record"},
	{"independent", "sql", "sql_item", "engine version connection_string sql result"},
	{"independent", "sql57", "sql57_item",
	 "engine version connection_string sql result:record"},
	{SW_OVAL_OWN_NS, "apkinfo", "apkinfo_item", "name version arch origin"},
};

static const struct {
	const char *family, *prefix;
} prefixes[] = {
	{"independent", "ind-sys"},
	{"unix", "unix-sys"},
	{"linux", "lin-sys"},
	{SW_OVAL_OWN_NS, "own-sys"},
};

static const char *family_of(const char *ns)
{
	static const char defs[] = OVAL_NS_DEFS "#";

	return strncmp(ns, defs, sizeof(defs) - 1) ? ns : ns + sizeof(defs) - 1;
}

const struct oval_item_shape *oval_item_shape(const char *ns, const char *type)
{
	const char *family = family_of(ns);

	for (size_t i = 0; i < SW_ARRAY_LEN(shapes); i++)
		if (!strcmp(shapes[i].family, family) && !strcmp(shapes[i].type, type))
			return &shapes[i];
	return NULL;
}

const char *oval_item_prefix(const struct oval_item_shape *shape)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(prefixes); i++)
		if (!strcmp(prefixes[i].family, shape->family))
			return prefixes[i].prefix;
	return "own-sys";
}

bool oval_item_field(const char **at, struct oval_item_field *ret_field)
{
	size_t len = strcspn(*at, " "), colon = strcspn(*at, ": ");

	if (!len)
		return false;
	snprintf(ret_field->name, sizeof(ret_field->name), "%.*s", (int)colon, *at);
	*ret_field->datatype = '\0';
	if (colon < len)
		snprintf(ret_field->datatype, sizeof(ret_field->datatype), "%.*s",
			 (int)(len - colon - 1), *at + colon + 1);
	*at += len + ((*at)[len] == ' ');
	return true;
}
