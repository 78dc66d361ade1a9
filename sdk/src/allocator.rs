//! Memory of a guest: an arena inside its initial memory, because growing the memory costs every call more than the call itself.
//!
//! An instance lives for one call, so nothing needs to be given back: the arena only moves forward, except for the last piece, which may
//! grow, shrink or go in place. A call that needs more than the arena goes on with the standard allocator, which grows the memory.
#![expect(
    unsafe_code,
    reason = "a global allocator is an unsafe trait; this is the one place of the SDK that is written so by hand"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::alloc::System;

/// Bytes of the arena. A check-in with its JSON needs some 10 KiB; 96 KiB of zeroed data cost nothing until they are touched, page by page.
const ARENA: usize = 96 * 1024;

#[repr(align(16))]
struct Arena {
    bytes: UnsafeCell<[u8; ARENA]>,
    used: AtomicUsize,
}

// SAFETY: components here have no threads; the counter is atomic only because a static must be `Sync`.
unsafe impl Sync for Arena {}

static MEMORY: Arena = Arena { bytes: UnsafeCell::new([0; ARENA]), used: AtomicUsize::new(0) };

impl Arena {
    fn base(&self) -> *mut u8 {
        self.bytes.get().cast()
    }

    /// Where `pointer` stands in the arena; none where it does not.
    fn offset_of(&self, pointer: *mut u8) -> Option<usize> {
        let offset = (pointer as usize).wrapping_sub(self.base() as usize);
        (offset < ARENA).then_some(offset)
    }
}

struct Bump;

#[global_allocator]
static GLOBAL: Bump = Bump;

// SAFETY: pieces of the arena never overlap, since `used` only passes over what was handed out, and moves back over the last piece only
// when its owner gives it up; every other pointer is the standard allocator's, and goes back to it.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = MEMORY.base() as usize;
        let mask = layout.align() - 1;
        let start = ((base + MEMORY.used.load(Relaxed) + mask) & !mask) - base;
        match start.checked_add(layout.size()) {
            Some(end) if end <= ARENA => {
                MEMORY.used.store(end, Relaxed);
                // SAFETY: `start` is inside the arena or at its end.
                unsafe { MEMORY.base().add(start) }
            }
            // SAFETY: the caller's promises about `layout` are passed on.
            _ => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match MEMORY.offset_of(pointer) {
            Some(start) if start + layout.size() == MEMORY.used.load(Relaxed) => MEMORY.used.store(start, Relaxed),
            Some(_) => {}
            // SAFETY: not of the arena, so it came from the standard allocator, with this layout.
            None => unsafe { System.dealloc(pointer, layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(start) = MEMORY.offset_of(pointer) else {
            // SAFETY: not of the arena, so it came from the standard allocator, with this layout.
            return unsafe { System.realloc(pointer, layout, new_size) };
        };
        if start + layout.size() == MEMORY.used.load(Relaxed)
            && let Some(end) = start.checked_add(new_size)
            && end <= ARENA
        {
            MEMORY.used.store(end, Relaxed);
            return pointer;
        }
        if new_size <= layout.size() {
            return pointer;
        }
        // SAFETY: the alignment is that of a valid layout and `new_size` is the caller's promise; both pieces hold the bytes copied.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !new.is_null() {
                core::ptr::copy_nonoverlapping(pointer, new, layout.size());
            }
            new
        }
    }
}
