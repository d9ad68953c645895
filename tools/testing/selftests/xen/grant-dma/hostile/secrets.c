// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts secrets into the neighbourhood of I/O buffers, in a guest:
 *
 *   secrets DISK OFFSET PEER
 *
 * until it is killed, as user space can do it without help: each part of the
 * program does I/O whose buffers are but a part of a page, and fills the rest.
 *
 *   slab       message queues and sockets, in turns with datagrams to the peer
 *   pagecache  a file of which parts are sent
 *   pagefrag   sent to a socket of our own, in turns with data to the peer
 *   stack      around a buffer for direct I/O on the disk, from OFFSET on
 *
 * What is itself sent or written is data (secret.h), never a secret. OFFSET and
 * the 64 KiB from there on are the program's.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/types.h>

#include "fill.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#define PAGE_BYTES	4096
#define SECTOR		512
#define FILE_PAGES	16
#define ECHO_PORT	7
#define DISCARD_PORT	9
#define CHUNK		704	/* of the data sent in turns with secrets */

/* Objects of each size that are there, and of these, taken and put back at once. */
#define OBJECTS		64
#define TURNS		16
#define PAUSE		2000	/* microseconds, for others to find the gaps */

/**
 * struct message - a message of a queue, of which the kernel makes an object
 * @type: any
 * @words: its contents
 */
struct message {
	long type;
	__u64 words[PAGE_BYTES / sizeof(__u64)];
};

/**
 * struct frame - a buffer on a stack, and its neighbours
 * @before: secrets
 * @buffer: for I/O
 * @after: secrets
 */
struct frame {
	__u64 before[SECTOR / sizeof(__u64)];
	__u64 buffer[SECTOR / sizeof(__u64)];
	__u64 after[(PAGE_BYTES - 2 * SECTOR) / sizeof(__u64)];
};

static struct sockaddr_in address_of(const char *name, unsigned int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	if (!inet_aton(name, &address.sin_addr))
		errx(2, "%s is not an address", name);
	return address;
}

static int connect_to(const char *name, unsigned int port, int type)
{
	struct sockaddr_in address = address_of(name, port);
	int fd = socket(AF_INET, type, 0), on = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "can't connect to %s port %u", name, port);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/**
 * struct store - where the kernel keeps a copy of what it is given
 * @put: gives it a secret of this size
 * @take: takes the oldest back
 * @fd: of a pair of sockets, or a message queue
 * @bytes: size of each
 */
struct store {
	void (*put)(const struct store *store);
	void (*take)(const struct store *store);
	int fd[2];
	size_t bytes;
};

static void queue_put(const struct store *store)
{
	struct message message = { .type = 1 };

	fill(message.words, store->bytes, SECRET_SLAB);
	if (msgsnd(store->fd[0], &message, store->bytes, 0))
		err(1, "can't queue a message of %zu bytes", store->bytes);
}

static void queue_take(const struct store *store)
{
	struct message message;

	if (msgrcv(store->fd[0], &message, store->bytes, 0, 0) < 0)
		err(1, "can't take a message of %zu bytes", store->bytes);
}

static void socket_put(const struct store *store)
{
	__u64 words[PAGE_BYTES / sizeof(__u64)];

	fill(words, store->bytes, SECRET_SLAB);
	if (send(store->fd[0], words, store->bytes, 0) != (ssize_t)store->bytes)
		err(1, "can't send %zu bytes", store->bytes);
}

static void socket_take(const struct store *store)
{
	__u64 words[PAGE_BYTES / sizeof(__u64)];

	if (recv(store->fd[1], words, store->bytes, MSG_WAITALL) < 0)
		err(1, "can't receive %zu bytes", store->bytes);
}

static void queue_open(struct store *store)
{
	struct msqid_ds queue;

	store->put = queue_put;
	store->take = queue_take;
	store->fd[0] = msgget(IPC_PRIVATE, 0600);
	if (store->fd[0] < 0 || msgctl(store->fd[0], IPC_STAT, &queue))
		err(1, "can't make a message queue");
	queue.msg_qbytes = (OBJECTS + 1) * PAGE_BYTES;
	if (msgctl(store->fd[0], IPC_SET, &queue))
		err(1, "can't make a message queue large");
}

static void socket_open(struct store *store)
{
	store->put = socket_put;
	store->take = socket_take;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, store->fd))
		err(1, "can't make sockets");
}

/* Smaller ones go with the rings and have no neighbours. */
static void send_datagram(int fd, size_t bytes)
{
	__u64 words[PAGE_BYTES / sizeof(__u64)];

	fill(words, bytes, SECRET_DATA);
	/* Nobody listens there, and the peer says so. */
	if (send(fd, words, bytes, 0) < 0 && errno != ECONNREFUSED)
		err(1, "can't send a datagram");
}

static void in_slab(const char *peer)
{
	/* With what the kernel adds, of all sizes that kmalloc() has. */
	static const size_t messages[] = { 16, 48, 80, 144, 208, 464, 976, 2000 };
	static const size_t packets[] = { 192, 576, 1472 };
	int fd = connect_to(peer, DISCARD_PORT, SOCK_DGRAM);
	struct store stores[ARRAY_SIZE(messages) + ARRAY_SIZE(packets)];
	unsigned int count = 0, i, j;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		stores[count].bytes = messages[i];
		queue_open(&stores[count++]);
	}
	for (i = 0; i < ARRAY_SIZE(packets); i++) {
		stores[count].bytes = packets[i];
		socket_open(&stores[count++]);
	}
	for (i = 0; i < count; i++)
		for (j = 0; j < OBJECTS; j++)
			stores[i].put(&stores[i]);
	for (;;) {
		for (i = 0; i < count * TURNS; i++)
			stores[i % count].take(&stores[i % count]);
		for (i = 0; i < ARRAY_SIZE(packets); i++)
			send_datagram(fd, packets[i]);
		usleep(PAUSE);
		for (i = 0; i < count * TURNS; i++)
			stores[i % count].put(&stores[i % count]);
	}
}

static void in_page_cache(const char *peer)
{
	int file = memfd_create("secrets", 0);
	int fd = connect_to(peer, DISCARD_PORT, SOCK_DGRAM);
	__u64 page[PAGE_BYTES / sizeof(__u64)];
	unsigned int i;
	off_t offset;

	fill(page, PAGE_BYTES, SECRET_PAGECACHE);
	fill(page, SECTOR, SECRET_DATA);
	for (i = 0; i < FILE_PAGES; i++)
		if (write(file, page, PAGE_BYTES) != PAGE_BYTES)
			err(1, "can't write a file");
	for (i = 0;; i++) {
		offset = i % FILE_PAGES * PAGE_BYTES;
		/* Nobody listens there, and the peer says so. */
		if (sendfile(fd, file, &offset, SECTOR) < 0 &&
		    errno != ECONNREFUSED)
			err(1, "can't send from a file");
		usleep(PAUSE);
	}
}

static void connect_to_self(int fd[2])
{
	struct sockaddr_in address = address_of("127.0.0.1", 0);
	int server = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof(address);

	if (bind(server, (struct sockaddr *)&address, size) ||
	    listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&address, &size))
		err(1, "can't listen");
	fd[0] = connect_to("127.0.0.1", ntohs(address.sin_port), SOCK_STREAM);
	fd[1] = accept(server, NULL, NULL);
	if (fd[1] < 0)
		err(1, "can't accept");
}

static void send_chunk(int fd, enum secret_kind kind)
{
	__u64 words[CHUNK / sizeof(__u64)];

	fill(words, CHUNK, kind);
	if (send(fd, words, CHUNK, 0) != CHUNK)
		err(1, "can't send to a socket");
}

static void receive_chunk(int fd)
{
	__u64 words[CHUNK / sizeof(__u64)];

	if (recv(fd, words, CHUNK, MSG_WAITALL) != CHUNK)
		err(1, "can't receive from a socket");
}

/* A task's sockets share the pages for what it sends. */
static void in_page_frags(const char *peer)
{
	int fd = connect_to(peer, ECHO_PORT, SOCK_STREAM);
	unsigned int i;
	int own[2];

	connect_to_self(own);
	for (i = 0; i < TURNS; i++)
		send_chunk(own[0], SECRET_PAGEFRAG);
	for (;;) {
		for (i = 0; i < TURNS; i++) {
			send_chunk(fd, SECRET_DATA);
			send_chunk(own[0], SECRET_PAGEFRAG);
		}
		for (i = 0; i < TURNS; i++) {
			receive_chunk(own[1]);
			receive_chunk(fd);
		}
	}
}

static void on_stack(const char *disk, off_t offset)
{
	alignas(PAGE_BYTES) struct frame frame;
	int fd = open(disk, O_RDWR | O_DIRECT);
	unsigned int i;

	if (fd < 0)
		err(1, "can't open %s", disk);
	fill(frame.before, sizeof(frame.before), SECRET_STACK);
	fill(frame.buffer, sizeof(frame.buffer), SECRET_DATA);
	fill(frame.after, sizeof(frame.after), SECRET_STACK);
	for (i = 0;; i++) {
		if (pwrite(fd, frame.buffer, SECTOR, offset) != SECTOR ||
		    pread(fd, frame.buffer, SECTOR, offset) != SECTOR)
			err(1, "can't write to and read from %s", disk);
	}
}

/* Returns in the child, which ends with its parent. */
static bool in_child(void)
{
	if (fork())
		return false;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return true;
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 4)
		errx(2, "usage: secrets DISK OFFSET PEER");
	if (in_child())
		in_slab(argv[3]);
	if (in_child())
		in_page_cache(argv[3]);
	if (in_child())
		in_page_frags(argv[3]);
	if (in_child())
		on_stack(argv[1], strtoul(argv[2], NULL, 0));
	wait(&status);
	errx(1, "a part of the program ended");
}
