/* SPDX-License-Identifier: Apache-2.0 */
/* The line of one record and the names of segments; decides nothing about the chain. */
#include <fcntl.h>
#include <sys/stat.h>

#include "evidence/chain.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"

bool sw_chain_type_valid(const char *type)
{
	size_t n = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= SW_CHAIN_TYPE_MAX && type[n] == '\0';
}

void sw_chain_segment_name(unsigned number, char ret_name[static SW_CHAIN_NAME_MAX])
{
	snprintf(ret_name, SW_CHAIN_NAME_MAX, "evidence-%06u.jsonl", number);
}

int sw_chain_segment_open(int dir_fd, unsigned number, int flags, int *ret_fd)
{
	char name[SW_CHAIN_NAME_MAX];
	_cleanup_fd_ int fd = -1;
	struct stat st;

	sw_chain_segment_name(number, name);
	/* O_NONBLOCK: a FIFO under this name must not hold us up before fstat refuses it */
	fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADF;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Members in order: body, boot_id, boot_ns, dropped; then hash; then prev, seq, type, v, wall_ns.
 */
static int add_before_hash(const struct sw_record *r, struct sw_strbuf *sb)
{
	int rc;

	sw_strbuf_adds(sb, "{\"body\":");
	rc = sw_canonical_add(sb, r->body, 1);
	if (rc < 0)
		return rc;
	sw_strbuf_adds(sb, ",\"boot_id\":");
	rc = sw_canonical_add_string(sb, r->boot_id, strlen(r->boot_id));
	if (rc < 0)
		return rc;
	sw_strbuf_addf(sb, ",\"boot_ns\":%lld", (long long)r->boot_ns);
	if (r->dropped > 0)
		sw_strbuf_addf(sb, ",\"dropped\":%llu", (unsigned long long)r->dropped);
	return 0;
}

int sw_chain_format(const struct sw_record *r, const char *prev, struct sw_strbuf *sb,
		    size_t *ret_hash_at)
{
	static const char label[] = ",\"hash\":\"";
	char member[sizeof(label) + SW_CHAIN_HEX + 1], hex[SW_SHA256_HEX];
	size_t member_len = sizeof(member) - 1, at;
	int rc;

	sb->len = 0;
	rc = add_before_hash(r, sb);
	if (rc < 0)
		return rc;
	at = sb->len;
	sw_strbuf_addf(
		sb, ",\"prev\":\"%s\",\"seq\":%llu,\"type\":\"%s\",\"v\":%d,\"wall_ns\":%lld}",
		prev, (unsigned long long)r->seq, r->type, SW_CHAIN_VERSION, (long long)r->wall_ns);
	rc = sb->failed ? -ENOMEM : sw_sha256_hex(sb->data, sb->len, hex);
	if (rc < 0)
		return rc;

	/* the sealed line is the hashed one with the hash member put where it sorts */
	snprintf(member, sizeof(member), "%s%s\"", label, hex);
	sw_strbuf_add(sb, member, member_len);
	if (sb->failed)
		return -ENOMEM;
	memmove(sb->data + at + member_len, sb->data + at, sb->len - member_len - at);
	memcpy(sb->data + at, member, member_len);
	sw_strbuf_addc(sb, '\n');
	if (sb->failed)
		return -ENOMEM;
	*ret_hash_at = at + sizeof(label) - 1;
	return 0;
}
