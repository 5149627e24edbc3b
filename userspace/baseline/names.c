/* SPDX-License-Identifier: Apache-2.0 */
/* The well-known names: shells, package managers, interpreters, package databases; looks at no
 * content. */
#include "baseline/private.h"

#include <ctype.h>

#include "event/event.h"

#define S SW_OBJ_SHELL
#define P SW_OBJ_PACKAGE_MANAGER
#define I SW_OBJ_INTERPRETER

/*
 * Versions are left out: "python3.12" is "python". Not here: "rc" (OpenRC's), "es", "script",
 * "login", "su" (they start shells, which is then seen), cargo and go (they build; they do not
 * change the system).
 */
static const struct {
	const char *name;
	uint32_t class;
} table[] = {
	{"sh", S},	     {"ash", S},	  {"bash", S},	      {"rbash", S},
	{"bash-static", S},  {"dash", S},	  {"ksh", S},	      {"rksh", S},
	{"ksh93", S},	     {"mksh", S},	  {"mksh-static", S}, {"lksh", S},
	{"pdksh", S},	     {"oksh", S},	  {"loksh", S},	      {"posh", S},
	{"sash", S},	     {"yash", S},	  {"hush", S},	      {"zsh", S},
	{"rzsh", S},	     {"zsh-static", S},	  {"csh", S},	      {"bsd-csh", S},
	{"tcsh", S},	     {"fish", S},	  {"elvish", S},      {"nu", S},
	{"pwsh", S},	     {"xonsh", S},	  {"osh", S},	      {"busybox-sh", S},

	{"apk", P},	     {"apk.static", P},	  {"apt", P},	      {"apt-get", P},
	{"aptitude", P},     {"dpkg", P},	  {"dpkg-deb", P},    {"dselect", P},
	{"rpm", P},	     {"rpmkeys", P},	  {"rpmdb", P},	      {"yum", P},
	{"dnf", P},	     {"microdnf", P},	  {"tdnf", P},	      {"zypper", P},
	{"urpmi", P},	     {"pacman", P},	  {"opkg", P},	      {"emerge", P},
	{"xbps-install", P}, {"xbps-remove", P},  {"installpkg", P},  {"eopkg", P},
	{"snap", P},	     {"flatpak", P},	  {"nix", P},	      {"nix-env", P},
	{"guix", P},	     {"brew", P},	  {"pip", P},	      {"pipx", P},
	{"npm", P},	     {"pnpm", P},	  {"yarn", P},	      {"gem", P},
	{"conda", P},	     {"mamba", P},

	{"python", I},	     {"pypy", I},	  {"perl", I},	      {"ruby", I},
	{"node", I},	     {"nodejs", I},	  {"deno", I},	      {"bun", I},
	{"lua", I},	     {"luajit", I},	  {"php", I},	      {"tclsh", I},
	{"expect", I},	     {"guile", I},	  {"awk", I},	      {"gawk", I},
	{"mawk", I},	     {"original-awk", I}, {"java", I},	      {"dotnet", I},
	{"beam.smp", I},     {"julia", I},
};

static const char *const databases[] = {
	"/lib/apk/db",	      "/usr/lib/apk/db",
	"/var/lib/apk/db",    "/var/lib/dpkg",
	"/var/lib/rpm",	      "/usr/lib/sysimage/rpm",
	"/usr/share/rpm",     "/var/lib/pacman",
	"/var/lib/opkg",      "/usr/lib/opkg",
	"/var/db/pkg",	      "/var/db/xbps",
	"/usr/lib/opkg/info", "/usr/lib/sysimage/libdnf5",
};

static uint32_t lookup(const char *name, size_t len)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
			return table[i].class;
	}
	return 0;
}

uint32_t sw_class_by_name(const char *basename)
{
	size_t len;
	uint32_t class;

	basename += *basename == '-'; /* argv[0] of a login shell */
	len = strlen(basename);
	class = lookup(basename, len);
	if (class)
		return class;
	while (len &&
	       (isdigit((unsigned char)basename[len - 1]) || strchr(".-", basename[len - 1])))
		len--;
	class = len < strlen(basename) ? lookup(basename, len) : 0;
	if (class)
		return class;
	if (strncmp(basename, "busybox", 7) == 0 || strncmp(basename, "toybox", 6) == 0)
		return SW_OBJ_MULTICALL;
	return 0;
}

bool sw_class_name_at(size_t i, const char **ret_name, uint32_t *ret_class)
{
	if (i >= SW_ARRAY_LEN(table))
		return false;
	*ret_name = table[i].name;
	*ret_class = table[i].class;
	return true;
}

const char *sw_database_at(size_t i)
{
	return i < SW_ARRAY_LEN(databases) ? databases[i] : NULL;
}

uint32_t sw_class_by_path(const char *path)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(databases); i++) {
		size_t len = strlen(databases[i]);

		if (strncmp(path, databases[i], len) == 0 && (path[len] == '/' || !path[len]))
			return SW_OBJ_PKGDB;
	}
	return 0;
}
