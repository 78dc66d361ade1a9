//! The one wasm engine of a process: its settings, each with its reason, and the ticker that ends what runs too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// Largest linear memory of a guest, in bytes. A manifest may ask for less; nothing may ask for more.
pub const MAX_MEMORY: usize = 16 << 20;
/// Guests at once. A slot whose last guest was the same component needs no remapping, so more than pilots × cores.
pub const MAX_INSTANCES: u32 = 256;
/// Elements of a table; a Rust guest of 120 KB has some 200.
pub const MAX_TABLE_ELEMENTS: usize = 10_000;
/// Stack of a guest, in bytes. Guests are built with a shadow stack of 64 KiB of their own, so this holds native frames only.
pub const MAX_WASM_STACK: usize = 256 << 10;
/// Stack of the fiber on which a call runs: the guest's and the host functions' frames.
pub const ASYNC_STACK: usize = 512 << 10;
/// Bytes of a slot's memory that are kept and zeroed instead of given back: the initial memory of our guests.
pub const KEEP_RESIDENT: usize = 256 << 10;
/// How often the epoch moves: how soon a guest is asked whether its slice is over, and how late it is ended at most.
pub const TICK: Duration = Duration::from_millis(2);

/// Bumped when a setting changes that compiled code depends on; part of the cache's key.
pub const CONFIG_REVISION: u32 = 1;

/// What the engine was set to, for the test and for `pilot doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Longest a tick may be late before the watcher says so.
    pub tick: Duration,
    /// Instances at once.
    pub instances: u32,
}

/// The pool: sized for the whole, memory and tables kept resident, because touching and resetting pages is what a fresh instance costs.
pub fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MAX_INSTANCES)
        .total_core_instances(MAX_INSTANCES * 4)
        .total_memories(MAX_INSTANCES)
        .total_tables(MAX_INSTANCES * 4)
        .total_stacks(MAX_INSTANCES)
        .max_core_instances_per_component(4)
        .max_memories_per_component(1)
        .max_tables_per_component(4)
        .max_memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_component_instance_size(1 << 20)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// The settings that compiled code and every check depend on.
///
/// Off is what no pilot needs: every feature is attack surface, and the component model's concurrency has had host panics.
pub fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_component_model_error_context(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_stack_switching(false)
        .wasm_relaxed_simd(false)
        .shared_memory(false)
        .concurrency_support(false)
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(MAX_WASM_STACK)
        .async_stack_size(ASYNC_STACK)
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    config
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The pool's address space, most likely.
    #[error("the wasm engine does not start: lift the limit on virtual memory for this process")]
    Engine(#[source] wasmtime::Error),
    /// The thread that moves the epoch.
    #[error("the thread that ends long calls does not start: lift the limit on threads for this user")]
    Ticker(#[source] std::io::Error),
}

/// The engine, and the thread that moves its epoch.
pub struct Machine {
    engine: Engine,
    ticker: Arc<Ticker>,
}

struct Ticker {
    stop: AtomicBool,
    ticks: AtomicU64,
}

impl Machine {
    /// Builds the engine and starts its ticker.
    ///
    /// # Errors
    /// Where the kernel refuses the pool's address space (a limit on virtual memory: lift it for this process).
    pub fn start() -> Result<Machine, EngineError> {
        let engine = Engine::new(&config()).map_err(EngineError::Engine)?;
        let ticker = Arc::new(Ticker { stop: AtomicBool::new(false), ticks: AtomicU64::new(0) });
        let (weak, shared) = (engine.weak(), Arc::clone(&ticker));
        std::thread::Builder::new()
            .name("epoch".to_owned())
            .spawn(move || {
                while !shared.stop.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    let Some(engine) = weak.upgrade() else { return };
                    engine.increment_epoch();
                    shared.ticks.fetch_add(1, Ordering::Relaxed);
                }
            })
            .map_err(EngineError::Ticker)?;
        Ok(Machine { engine, ticker })
    }

    /// The engine itself.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How often the epoch moved since the start. Who watches it knows that deadlines still end calls.
    pub fn ticks(&self) -> u64 {
        self.ticker.ticks.load(Ordering::Relaxed)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.ticker.stop.store(true, Ordering::Relaxed);
    }
}

/// Epoch ticks that cover a time, rounded up, and one more since the first may be nearly over.
pub fn ticks_for(time: Duration) -> u64 {
    let tick = TICK.as_micros().max(1);
    u64::try_from(time.as_micros().div_ceil(tick)).unwrap_or(u64::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_is_what_we_set_and_not_an_upstream_default() {
        let pool = pool();
        assert_eq!(pool.get_total_component_instances(), MAX_INSTANCES);
        assert_eq!(pool.get_total_core_instances(), MAX_INSTANCES * 4);
        assert_eq!(pool.get_total_memories(), MAX_INSTANCES);
        assert_eq!(pool.get_total_tables(), MAX_INSTANCES * 4);
        assert_eq!(pool.get_total_stacks(), MAX_INSTANCES);
        assert_eq!(pool.get_max_core_instances_per_component(), 4);
        assert_eq!(pool.get_max_memories_per_component(), 1);
        assert_eq!(pool.get_max_tables_per_component(), 4);
        assert_eq!(pool.get_max_memory_size(), MAX_MEMORY);
        assert_eq!(pool.get_table_elements(), MAX_TABLE_ELEMENTS);
        assert_eq!(pool.get_memory_keep_resident(), KEEP_RESIDENT);
        assert_eq!(pool.get_table_keep_resident(), 64 << 10);
        assert_eq!(pool.get_async_stack_keep_resident(), 64 << 10);
        assert!(matches!(pool.get_pagemap_scan(), Enabled::Auto));
        assert!(pool.get_max_unused_warm_slots() >= 100);
    }

    #[test]
    fn the_engine_is_deterministic_and_has_no_threads_and_no_async_lift() {
        let machine = Machine::start().unwrap();
        // What the engine does not take is the strongest reading back there is: these modules need the features that are off.
        for (feature, bytes) in refused() {
            assert!(wasmtime::Module::validate(machine.engine(), &bytes).is_err(), "{feature} is accepted");
        }
    }

    /// One smallest module per feature that must stay off, as bytes.
    fn refused() -> Vec<(&'static str, Vec<u8>)> {
        let header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
        let module = |section: &[u8]| header.iter().chain(section).copied().collect::<Vec<u8>>();
        vec![
            // (memory 1 1 shared)
            ("threads", module(&[0x05, 0x04, 0x01, 0x03, 0x01, 0x01])),
            // (memory i64 1)
            ("memory64", module(&[0x05, 0x03, 0x01, 0x04, 0x01])),
            // (memory 1) (memory 1)
            ("multi-memory", module(&[0x05, 0x05, 0x02, 0x00, 0x01, 0x00, 0x01])),
            // (type (struct))
            ("gc", module(&[0x01, 0x03, 0x01, 0x5f, 0x00])),
        ]
    }

    #[test]
    fn a_deadline_covers_at_least_its_time() {
        assert_eq!(ticks_for(Duration::from_millis(0)), 1);
        assert_eq!(ticks_for(Duration::from_millis(200)), 101);
        assert_eq!(ticks_for(Duration::from_millis(201)), 102);
    }
}
