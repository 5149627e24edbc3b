/* SPDX-License-Identifier: Apache-2.0 */
/* Tells ELF executables, libraries and their loader apart; bounded reads, trusts no offset, maps
 * nothing. */
#include "baseline/private.h"

#include <elf.h>
#include <endian.h>

#include "stigwatch/target.h"

#define MAX_PHDRS 128 /* real files have under 20 */
#define MAX_DYNS 2048 /* and under 60 of these */

struct elf {
	const struct sw_target_file *file;
	bool wide, big; /* 64 bit, big endian */
};

static bool read_at(const struct elf *e, uint64_t offset, void *ret, size_t len)
{
	return offset <= INT64_MAX - len &&
	       sw_target_file_read(e->file, ret, len, offset) == (ssize_t)len;
}

static uint64_t get16(const struct elf *e, uint16_t v)
{
	return e->big ? be16toh(v) : le16toh(v);
}

static uint64_t get32(const struct elf *e, uint32_t v)
{
	return e->big ? be32toh(v) : le32toh(v);
}

static uint64_t get64(const struct elf *e, uint64_t v)
{
	return e->big ? be64toh(v) : le64toh(v);
}

struct phdr {
	uint64_t type, offset, filesz;
};

static bool read_phdr(const struct elf *e, uint64_t offset, struct phdr *ret)
{
	union {
		Elf32_Phdr n;
		Elf64_Phdr w;
	} u;

	if (!read_at(e, offset, &u, e->wide ? sizeof(u.w) : sizeof(u.n)))
		return false;
	*ret = e->wide ? (struct phdr){get32(e, u.w.p_type), get64(e, u.w.p_offset),
				       get64(e, u.w.p_filesz)}
		       : (struct phdr){get32(e, u.n.p_type), get32(e, u.n.p_offset),
				       get32(e, u.n.p_filesz)};
	return true;
}

static void read_dynamic(const struct elf *e, const struct phdr *p, bool *ret_soname, bool *ret_pie)
{
	size_t size = e->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	union {
		Elf32_Dyn n;
		Elf64_Dyn w;
	} u;

	for (uint64_t i = 0; i < MAX_DYNS && (i + 1) * size <= p->filesz; i++) {
		uint64_t tag, value;

		if (p->offset > INT64_MAX - i * size || !read_at(e, p->offset + i * size, &u, size))
			return;
		tag = e->wide ? get64(e, (uint64_t)u.w.d_tag) : get32(e, (uint32_t)u.n.d_tag);
		value = e->wide ? get64(e, u.w.d_un.d_val) : get32(e, u.n.d_un.d_val);
		if (tag == DT_NULL)
			return;
		if (tag == DT_SONAME)
			*ret_soname = true;
		if (tag == DT_FLAGS_1 && (value & DF_1_PIE))
			*ret_pie = true;
	}
}

static void read_interp(const struct elf *e, const struct phdr *p, struct sw_elf *ret)
{
	char text[sizeof(ret->interp)] = "";
	size_t len = p->filesz < sizeof(text) - 1 ? (size_t)p->filesz : sizeof(text) - 1;

	if (read_at(e, p->offset, text, len))
		memcpy(ret->interp, text, sizeof(text));
}

void sw_elf_read(int fd, struct sw_elf *ret_elf)
{
	const struct sw_target_file file = {.fd = fd};

	sw_elf_read_file(&file, ret_elf);
}

void sw_elf_read_file(const struct sw_target_file *file, struct sw_elf *ret_elf)
{
	struct elf e = {.file = file};
	struct sw_elf out = {.kind = SW_ELF_NONE};
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr n;
		Elf64_Ehdr w;
	} u = {0};
	uint64_t type, phoff, phnum, phentsize;
	bool soname = false, pie = false, interp = false;

	*ret_elf = out;
	if (!read_at(&e, 0, &u, EI_NIDENT) || memcmp(u.ident, ELFMAG, SELFMAG) != 0)
		return;
	e.wide = u.ident[EI_CLASS] == ELFCLASS64;
	e.big = u.ident[EI_DATA] == ELFDATA2MSB;
	if (!read_at(&e, 0, &u, e.wide ? sizeof(u.w) : sizeof(u.n)))
		return;
	type = get16(&e, u.n.e_type); /* same place in both */
	phoff = e.wide ? get64(&e, u.w.e_phoff) : get32(&e, u.n.e_phoff);
	phnum = get16(&e, e.wide ? u.w.e_phnum : u.n.e_phnum);
	phentsize = get16(&e, e.wide ? u.w.e_phentsize : u.n.e_phentsize);
	for (uint64_t i = 0; i < phnum && i < MAX_PHDRS; i++) {
		struct phdr p;

		if (phoff > INT64_MAX / 2 || !read_phdr(&e, phoff + i * phentsize, &p))
			break;
		if (p.type == PT_INTERP) {
			interp = true;
			read_interp(&e, &p, &out);
		} else if (p.type == PT_DYNAMIC) {
			read_dynamic(&e, &p, &soname, &pie);
		}
	}
	if (type == ET_EXEC)
		out.kind = SW_ELF_EXECUTABLE;
	else if (type != ET_DYN)
		out.kind = SW_ELF_OTHER;
	else if (interp || pie)
		out.kind = soname ? SW_ELF_BOTH : SW_ELF_EXECUTABLE;
	else
		out.kind = SW_ELF_LIBRARY;
	*ret_elf = out;
}
