#pragma once
int HYPERVISOR_grant_table_op(unsigned int cmd, void *op, unsigned int count);
int HYPERVISOR_memory_op(unsigned int cmd, void *op);
#define xen_pvh_domain() 0
#define set_foreign_p2m_mapping(...) 0
#define clear_foreign_p2m_mapping(...) 0
#define xen_alloc_unpopulated_pages(n, p) (-ENOMEM)
#define xen_free_unpopulated_pages(n, p) \
	do {                             \
	} while (0)
#define arch_gnttab_init(...) 0
extern unsigned long long max_possible_pfn;
