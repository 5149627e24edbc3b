/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch detach: removes what a monitor that was killed, or stopped with --keep, left behind. */
#include "cli/cli.h"
#include "loader/loader.h"

int cmd_detach(struct cli *c)
{
	const char *dir = c->pin_dir ? c->pin_dir : SW_PINS_DIR;
	struct sw_pins *pins = NULL;
	struct sw_error err = {0};
	int rc = sw_pins_open(dir, false, &pins, &err);

	sw_cgroup_clean();
	if (rc == -ENOENT) {
		cli_note(c, "nothing is pinned in %s", dir);
		return EXIT_COMPLIANT;
	}
	if (rc == 0)
		rc = sw_pins_remove(pins, &err);
	sw_pins_free(pins);
	if (rc < 0)
		return cli_fail(&err);
	cli_note(c, "removed %s: nothing of it watches any more", dir);
	return EXIT_COMPLIANT;
}
