/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages, folios and slab. */

/* ---- memory ---- */
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x) ALIGN(x, PAGE_SIZE)

static __always_inline int get_order(unsigned long size)
{
	return size <= PAGE_SIZE ? 0 : fls64((size - 1) >> PAGE_SHIFT);
}
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)
#define MAX_PAGE_ORDER 10
#define ARCH_DMA_MINALIGN 8
typedef unsigned long pgprot_t;
typedef unsigned long pgoff_t;
#define min_low_pfn 0UL
#define max_pfn (min_low_pfn + host_ram_pages)
#define pgprot_decrypted(prot) (prot)
#define pgprot_encrypted(prot) (prot)
#define pgprot_dmacoherent(prot) (prot)
#define pgprot_writecombine(prot) (prot)
#define PAGE_KERNEL 0

struct file;

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_pgoff;
	pgprot_t vm_page_prot;
	struct file *vm_file;
};

#define vma_pages(vma) (((vma)->vm_end - (vma)->vm_start) >> PAGE_SHIFT)
#define vma_end_pgoff(vma) ((vma)->vm_pgoff + vma_pages(vma))
#define vma_start_pgoff(vma) ((vma)->vm_pgoff)
#define remap_pfn_range(...) (-EINVAL)
#define is_vmalloc_addr(p) false
#define vmalloc_to_page(p) NULL
#define GFP_KERNEL 1u
#define GFP_ATOMIC 2u
#define GFP_NOWAIT (2u | __GFP_NOWARN)
#define __GFP_ZERO 4u
#define __GFP_NOWARN 8u
#define __GFP_COMP 16u
#define __GFP_NOFAIL 32u
#define __GFP_ACCOUNT 64u
#define GFP_ZONEMASK 0u
#define __GFP_BITS_MASK (~0u)
#define GFP_RECLAIM_MASK 0u
#define __GFP_BITS_SHIFT 26
#define __GFP_NOMEMALLOC 0x80u
#define __GFP_DMA 0x100u
#define __GFP_DMA32 0x200u
#define __GFP_HIGHMEM 0x400u
#define GFP_DMA __GFP_DMA
#define GFP_DMA32 __GFP_DMA32
#define __GFP_NORETRY 0u
#define gfpflags_allow_blocking(g) ((g)&GFP_KERNEL)
struct address_space;
typedef struct {
	unsigned long f;
} memdesc_flags_t;
struct page {
	memdesc_flags_t flags;
	union {
		struct {
			struct list_head lru;
			struct address_space *mapping;
			unsigned long index, private;
		};
		struct {
			unsigned long compound_info;
			void *zone_device_data;
		};
	};
	union {
		unsigned int page_type;
		atomic_t _mapcount;
	};
	atomic_t _refcount;
	unsigned long memcg_data;
} __aligned(16);
_Static_assert(sizeof(struct page) == 64, "");
struct folio {
	union {
		struct {
			memdesc_flags_t flags;
		};
		struct page page;
	};
	union {
		struct {
			unsigned long _flags_1, _head_1;
			unsigned long _usable_1[4];
			atomic_t _mapcount_1, _refcount_1;
			unsigned int _nr_pages;
		};
		struct page __page_1;
	};
};
#define PG_lru 5
#define PG_head 6
#define PG_stub_cma 40 /* a page block's type, really */
#define PGTY_slab 0xf5
extern struct page *stub_vmemmap; /* a variable, as on x86 with KASLR */
extern unsigned long stub_page_offset;
#define pfn_to_page(pfn) (stub_vmemmap + (pfn))
#define page_to_pfn(p) ((unsigned long)((p)-stub_vmemmap))
#define PFN_PHYS(x) ((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x) ((unsigned long)((x) >> PAGE_SHIFT))
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define __va(x) ((void *)((unsigned long)(x) + stub_page_offset))
#define __pa(x) ((unsigned long)(x)-stub_page_offset)
#define phys_to_virt __va
#define virt_to_phys(x) ((phys_addr_t)__pa(x))
#define page_to_phys(p) PFN_PHYS(page_to_pfn(p))
#define phys_to_page(p) pfn_to_page(PHYS_PFN(p))
#define virt_to_page(v) pfn_to_page(PHYS_PFN(__pa(v)))
#define virt_to_pfn(v) PHYS_PFN(__pa(v))
#define page_address(p) __va(page_to_phys(p))
#define page_to_virt(p) page_address(p)
static __always_inline unsigned long _compound_head(const struct page *page)
{
	/* As with CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP. */
	unsigned long info = READ_ONCE(page->compound_info),
		      mask = (info & 1) - 1;

	mask |= info;
	return (unsigned long)page & mask;
}
#define page_folio(p) ((struct folio *)_compound_head(p))
#define pfn_folio(pfn) page_folio(pfn_to_page(pfn))
#define folio_pfn(f) page_to_pfn(&(f)->page)
#define virt_to_folio(v) page_folio(virt_to_page(v))
#define folio_test_slab(f) (READ_ONCE((f)->page.page_type) >> 24 == PGTY_slab)
#define folio_ref_count(f) atomic_read(&(f)->page._refcount)
static inline bool folio_test_large(const struct folio *f)
{
	return test_bit(PG_head, &f->flags.f);
}
static inline unsigned long folio_nr_pages(const struct folio *f)
{
	return folio_test_large(f) ? f->_nr_pages : 1;
}
#define folio_test_lru(folio) test_bit(PG_lru, &(folio)->flags.f)
#define is_migrate_cma_page(p) test_bit(PG_stub_cma, &(p)->flags.f)
#define folio_try_get(f) atomic_add_unless(&(f)->page._refcount, 1, 0)
#define ZONE_DEVICE 4
#define is_zone_device_page(p) (((p)->flags.f >> 61 & 7) == ZONE_DEVICE)
void __folio_put(struct folio *f);
static inline void folio_put(struct folio *f)
{
	if (atomic_dec_and_test(&f->page._refcount))
		__folio_put(f);
}
static inline void put_page(struct page *p)
{
	folio_put(page_folio(p));
}
static inline void get_page(struct page *p)
{
	atomic_inc(&page_folio(p)->page._refcount);
}
struct page *alloc_pages(gfp_t gfp, unsigned int order);
void __free_pages(struct page *page, unsigned int order);
#define alloc_page(g) alloc_pages(g, 0)
#define __free_page(p) __free_pages(p, 0)
#define free_page(v) __free_page(virt_to_page(v))
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *v, size_t size);
#define __get_free_page(g)                       \
	((unsigned long)({                       \
		struct page *_p = alloc_page(g); \
		_p ? page_address(_p) : NULL;    \
	}))
#define get_zeroed_page(g) __get_free_page((g) | __GFP_ZERO)
#define memcpy_from_page(to, page, off, len) \
	memcpy(to, (char *)page_address(page) + (off), len)
#define memcpy_to_page(page, off, from, len) \
	memcpy((char *)page_address(page) + (off), from, len)
#define kmap_local_page(p) page_address(p)
#define kunmap_local(p) \
	do {            \
	} while (0)
#define SetPagePrivate(p) \
	do {              \
	} while (0)
#define ClearPagePrivate(p) \
	do {                \
	} while (0)
#define PagePrivate(p) 0
#define SetPageForeign(p) \
	do {              \
	} while (0)
#define ClearPageForeign(p) \
	do {                \
	} while (0)
#define PageForeign(p) 0
#define page_range_contiguous(p, n) 1
#define VM_WARN_ON_ONCE(x) \
	do {               \
	} while (0)
#define set_page_private(p, v) \
	do {                   \
	} while (0)
#define page_private(p) 0
#define page_count(p) folio_ref_count(page_folio(p))
#define totalram_pages() host_ram_pages
#define PageHighMem(p) 0
extern unsigned long host_ram_pages;
void *stub_kmalloc(size_t size, gfp_t gfp);
#define kmalloc(n, g) stub_kmalloc(n, g)
#define kzalloc(n, g) stub_kmalloc(n, (g) | __GFP_ZERO)
#define stub_gfp(gfp, ...) (gfp)
#define kmalloc_obj(x, ...)                                                  \
	((typeof(x) *)kmalloc(sizeof(x), stub_gfp(__VA_ARGS__ __VA_OPT__(, ) \
							  GFP_KERNEL)))
#define kzalloc_obj(x, ...)                                                  \
	((typeof(x) *)kzalloc(sizeof(x), stub_gfp(__VA_ARGS__ __VA_OPT__(, ) \
							  GFP_KERNEL)))
#define kmalloc_objs(x, n, ...)                                   \
	((typeof(x) *)kmalloc(sizeof(x) * (n),                    \
			      stub_gfp(__VA_ARGS__ __VA_OPT__(, ) \
					       GFP_KERNEL)))
#define kzalloc_objs(x, n, ...)                                   \
	((typeof(x) *)kzalloc(sizeof(x) * (n),                    \
			      stub_gfp(__VA_ARGS__ __VA_OPT__(, ) \
					       GFP_KERNEL)))
#define kmalloc_array(n, s, g) kmalloc((size_t)(n) * (s), g)
#define kcalloc(n, s, g) kzalloc((size_t)(n) * (s), g)
/* What may call vmalloc() must be able to sleep, whatever @g says. */
#define stub_sleepable(g)                           \
	({                                          \
		WARN_ON(!gfpflags_allow_blocking(g)); \
		(g);                                \
	})
#define kvcalloc(n, s, g) kcalloc(n, s, stub_sleepable(g))
#define kvmalloc_array(n, s, g) kmalloc_array(n, s, stub_sleepable(g))
#define kvzalloc(n, g) kzalloc(n, stub_sleepable(g))
#define clear_page(p) memset(p, 0, PAGE_SIZE)
extern __thread unsigned int stub_cpu;
#define raw_smp_processor_id() ((int)stub_cpu)
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= 16)
void kfree(const void *object);
#define kvfree kfree
#define vfree kfree
#define vmalloc(n) kmalloc(n, GFP_KERNEL)
#define vzalloc(n) kzalloc(n, GFP_KERNEL)
#define struct_size(p, m, n) (sizeof(*(p)) + sizeof(*(p)->m) * (n))
struct kmem_cache {
	size_t size;
};
#define kmem_cache_alloc(c, g) kzalloc((c)->size, g)
#define kmem_cache_alloc_lru(c, l, g) kzalloc((c)->size, g)
#define kmem_cache_free(c, p) kfree(p)
#define want_init_on_alloc(g) 1
#define memremap(a, s, f) NULL
#define memunmap(p) \
	do {        \
	} while (0)
#define MEMREMAP_WB 0
#define find_vm_area(x) NULL
static inline int sysfs_match_stub(void)
{
	return 0;
}
static inline int __sysfs_match(const char *const *a, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] && !strcmp(a[i], s))
			return i;
	return -EINVAL;
}
#define sysfs_match_string(a, s) __sysfs_match(a, ARRAY_SIZE(a), s)
#define sysfs_emit(b, ...) sprintf(b, __VA_ARGS__)

char *kstrdup(const char *text, gfp_t gfp);
char *kstrndup(const char *text, size_t max, gfp_t gfp);
void *kmemdup(const void *from, size_t size, gfp_t gfp);
void *memchr_inv(const void *start, int c, size_t bytes);
char *strnstr(const char *text, const char *what, size_t length);
ssize_t strscpy(char *to, const char *from, size_t size);

#define page_ref_freeze(page, count) \
	atomic_cmpxchg_is(&(page)->_refcount, count, 0)
#define page_ref_unfreeze(page, count) atomic_set(&(page)->_refcount, count)
#define alloc_pages_node(node, gfp, order) alloc_pages(gfp, order)
#define PAGE_ALIGNED(x) IS_ALIGNED((unsigned long)(x), PAGE_SIZE)
#define set_memory_decrypted(addr, n) 0
#define set_memory_encrypted(addr, n) 0
