// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: the guest's pages with their counts, and what slab gives.
 */

#include <sys/mman.h>

#include "host.h"
#include "machine.h"

unsigned long host_ram_pages = 65536;
char *host_ram;
unsigned int host_fail_alloc;
unsigned int host_fail_nth;
unsigned int host_emergencies;
void (*host_page_taken)(unsigned long pfn);
void (*host_page_freed)(unsigned long pfn);

struct page *stub_vmemmap;
unsigned long stub_page_offset;

/* Which pages have an owner. Who is next gets what was free for longest. */
static unsigned long *used;
static unsigned long next_page, used_count;
static pthread_mutex_t pages_lock = PTHREAD_MUTEX_INITIALIZER;

void *host_map_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* Each thread has its own sequence, so that one thread alone repeats exactly. */
static bool fails_at_random(unsigned int one_of)
{
	static __thread unsigned int seed;

	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % one_of == 0;
}

bool host_allocation_fails(gfp_t gfp)
{
	unsigned int one_of = __atomic_load_n(&host_fail_alloc, __ATOMIC_RELAXED);

	if (!(gfp & (GFP_KERNEL | __GFP_NOMEMALLOC)))
		__atomic_fetch_add(&host_emergencies, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&host_fail_nth, __ATOMIC_RELAXED) &&
	    !__atomic_sub_fetch(&host_fail_nth, 1, __ATOMIC_RELAXED))
		return true;
	return one_of && !gfpflags_allow_blocking(gfp) && fails_at_random(one_of);
}

/* Returns the number of the first of 2^order free pages, or host_ram_pages. */
static unsigned long take_pages(unsigned int order)
{
	unsigned long n = 1UL << order, at;

	pthread_mutex_lock(&pages_lock);
	at = bitmap_find_next_zero_area(used, host_ram_pages, next_page, n, n - 1);
	if (at >= host_ram_pages)
		at = bitmap_find_next_zero_area(used, host_ram_pages, 0, n, n - 1);
	if (at < host_ram_pages) {
		bitmap_set(used, at, n);
		used_count += n;
		next_page = at + n;
	} else {
		at = host_ram_pages;
	}
	pthread_mutex_unlock(&pages_lock);
	return at;
}

static void give_pages(unsigned long at, unsigned long n)
{
	unsigned long i;

	pthread_mutex_lock(&pages_lock);
	for (i = at; i < at + n; i++)
		if (!__test_and_clear_bit(i, used))
			abort();
	used_count -= n;
	pthread_mutex_unlock(&pages_lock);
}

unsigned long host_pages_used(void)
{
	unsigned long n;

	pthread_mutex_lock(&pages_lock);
	n = used_count;
	pthread_mutex_unlock(&pages_lock);
	return n;
}

static void page_init(struct page *page)
{
	memset(page, 0, sizeof(*page));
	page->page_type = ~0u;
	unpoison(page_address(page), PAGE_SIZE);
	if (host_page_taken)
		host_page_taken(page_to_pfn(page));
}

static void make_compound(struct page *page, unsigned int order)
{
	unsigned int i;

	page->flags.f |= BIT(PG_head);
	((struct folio *)page)->_nr_pages = 1 << order;
	for (i = 1; i < 1 << order; i++)
		page[i].compound_info = GENMASK(63, order + 6) | 1;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned long at, i;
	struct page *page;

	if (host_allocation_fails(gfp))
		return NULL;
	at = take_pages(order);
	if (at == host_ram_pages)
		return NULL;
	page = pfn_to_page(HOST_FIRST_PFN + at);
	for (i = 0; i < 1UL << order; i++)
		page_init(page + i);
	/* That of the first is the one of all, until somebody splits them. */
	atomic_set(&page->_refcount, 1);
	if (order && (gfp & __GFP_COMP))
		make_compound(page, order);
	if (gfp & __GFP_ZERO)
		memset(page_address(page), 0, PAGE_SIZE << order);
	return page;
}

static void free_pages_at(unsigned long pfn, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		if (host_page_freed)
			host_page_freed(pfn + i);
		poison(page_address(pfn_to_page(pfn + i)), PAGE_SIZE);
	}
	give_pages(pfn - HOST_FIRST_PFN, n);
}

void __folio_put(struct folio *folio)
{
	free_pages_at(folio_pfn(folio), folio_nr_pages(folio));
}

void __free_pages(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), n = 1UL << order;

	if (atomic_dec_and_test(&page->_refcount))
		free_pages_at(pfn, n);
	else if (!folio_test_large(page_folio(page)) && n > 1)
		free_pages_at(pfn + 1, n - 1);	/* only the first has a count */
}

static void split_page(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 1; i < 1UL << order; i++)
		atomic_set(&page[i]._refcount, 1);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned long n = PAGE_ALIGN(size) >> PAGE_SHIFT, i;
	unsigned int order = get_order(size);
	struct page *page = alloc_pages(gfp & ~__GFP_COMP, order);

	if (!page)
		return NULL;
	split_page(page, order);
	for (i = n; i < 1UL << order; i++)
		put_page(page + i);
	return page_address(page);
}

void free_pages_exact(void *vaddr, size_t size)
{
	size_t at;

	for (at = 0; at < PAGE_ALIGN(size); at += PAGE_SIZE)
		put_page(virt_to_page(vaddr + at));
}

void host_set_slab(struct page *page, bool slab)
{
	page->page_type = slab ? (unsigned int)PGTY_slab << 24 : ~0u;
}

void host_set_cma(struct page *page)
{
	page->flags.f |= BIT(PG_stub_cma);
}

/*
 * Each object has pages of its own, which a sanitizer guards on both sides; what is
 * larger is not slab's in the kernel either.
 */
static size_t object_offset(size_t size)
{
	size_t align = is_power_of_2(size) ? size : 16;

	return ALIGN_DOWN((PAGE_SIZE - size) / 2, align);
}

void *stub_kmalloc(size_t size, gfp_t gfp)
{
	struct page *page;
	char *object;

	if (!size)
		return ZERO_SIZE_PTR;
	if (size > PAGE_SIZE) {
		object = host_allocation_fails(gfp) ? NULL : aligned_alloc(64, ALIGN(size, 64));
		return object && (gfp & __GFP_ZERO) ? memset(object, 0, size) : object;
	}
	page = alloc_pages(gfp, 0);
	if (!page)
		return NULL;
	host_set_slab(page, true);
	object = page_address(page) + object_offset(size);
	poison(page_address(page), PAGE_SIZE);
	unpoison(object, size);
	return object;
}

void kfree(const void *object)
{
	char *p = (char *)object;

	if (ZERO_OR_NULL_PTR(object))
		return;
	if (p < host_ram || p >= host_ram + host_ram_pages * PAGE_SIZE) {
		free(p);
		return;
	}
	host_set_slab(virt_to_page(p), false);
	put_page(virt_to_page(p));
}

void memory_init(void)
{
	/* The head of a compound page is found by a mask. */
	size_t align = sizeof(struct page) << MAX_PAGE_ORDER;
	char *map = host_map_memory(host_ram_pages * sizeof(struct page) + align);

	host_ram = host_map_memory(host_ram_pages * PAGE_SIZE);
	poison(host_ram, host_ram_pages * PAGE_SIZE);
	used = host_map_memory(BITS_TO_LONGS(host_ram_pages) * sizeof(long));
	stub_vmemmap = (struct page *)ALIGN((unsigned long)map, align) - HOST_FIRST_PFN;
	stub_page_offset = (unsigned long)host_ram - (HOST_FIRST_PFN << PAGE_SHIFT);
}
