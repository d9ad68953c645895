/* SPDX-License-Identifier: GPL-2.0-only */
/* Files in debugfs, which are read all at once by host_read_debugfs(). */

struct dentry;
struct inode;

struct seq_file {
	size_t size;
};

__printf(2, 3)
void seq_printf(struct seq_file *m, const char *format, ...);
#define seq_puts(m, text) seq_printf(m, "%s", text)

struct file;
struct vm_area_struct;

struct file_operations {
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*show)(struct seq_file *m, void *unused);
};

#define DEFINE_SHOW_ATTRIBUTE(name)                         \
	static const struct file_operations name##_fops = { \
		.show = name##_show,                        \
	}

static inline struct dentry *debugfs_lookup(const char *name,
					    struct dentry *parent)
{
	return NULL;
}

static inline struct dentry *debugfs_create_dir(const char *name,
						struct dentry *parent)
{
	return NULL;
}

static inline void dput(struct dentry *dentry)
{
}

void debugfs_create_file(const char *name, umode_t mode, struct dentry *parent,
			 void *data, const struct file_operations *fops);

/* Makes the files. */
int stub_initcall_grant_debugfs_init(void);
