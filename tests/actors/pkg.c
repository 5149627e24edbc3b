/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: a package manager in name only, for the image's /sbin/apk. It never touches a package
 * database. */
#include <unistd.h>

#include "actor.h"

int main(int argc, char **argv)
{
	tell("pkg", "\"argc\":%d,\"argv0\":\"%s\",\"pid\":%d", argc, argv[0], getpid());
	return 0;
}
