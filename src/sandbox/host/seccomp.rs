//! The system calls that are refused inside: those that Docker refuses a build too, so that nothing that runs in the cloud
//! meets a refusal here.
//!
//! Capabilities alone would do, were it not for user namespaces: in a new one every process has them all again. Neither
//! those nor mounts can be made here, keys of the caller cannot be reached, and nothing can be typed into a terminal.
//! bubblewrap loads the program; it is written down here as the kernel reads it, an array of `struct sock_filter`.

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;

const ALLOW: u32 = 0x7fff_0000;
const ERRNO: u32 = 0x0005_0000;

// Of `linux/bpf_common.h`.
const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_AT_LEAST: u16 = 0x35;
const JUMP_IF_ANY: u16 = 0x45;
const RETURN: u16 = 0x06;

// Of `struct seccomp_data`, on a little-endian machine.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;
const SECOND_ARGUMENT: u32 = 24;

/// Every flag of `clone` that makes a namespace.
const NEW_NAMESPACES: u32 = 0x7e02_0000;
/// The requests of `ioctl` that type into a terminal.
const TYPING: [u32; 2] = [0x5412, 0x541c];

/// A kind of machine, with its numbers of the calls.
struct Machine {
    architecture: u32,
    /// Calls from this number on belong to another calling convention.
    foreign_from: Option<u32>,
    clone: u32,
    ioctl: u32,
    refused: &'static [u32],
}

/// `clone3` hides its flags in memory that a filter cannot read. Programs go back to `clone` where it is missing.
const CLONE3: u32 = 435;

/// `open_tree`, `move_mount`, `fsopen`, `fsconfig`, `fsmount`, `fspick`, `mount_setattr`, `quotactl_fd`: the same everywhere.
const MOUNTS: [u32; 8] = [428, 429, 430, 431, 432, 433, 442, 443];

const X86_64: Machine = Machine {
    architecture: 0xc000_003e,
    foreign_from: Some(0x4000_0000),
    clone: 56,
    ioctl: 16,
    refused: &[
        165, // mount
        166, // umount2
        155, // pivot_root
        272, // unshare
        308, // setns
        250, // keyctl
        248, // add_key
        249, // request_key
        321, // bpf
        298, // perf_event_open
        323, // userfaultfd
        304, // open_by_handle_at
        246, // kexec_load
        320, // kexec_file_load
        175, // init_module
        313, // finit_module
        176, // delete_module
        179, // quotactl
        167, // swapon
        168, // swapoff
        169, // reboot
        163, // acct
        164, // settimeofday
        227, // clock_settime
        103, // syslog
        153, // vhangup
        212, // lookup_dcookie
        172, // iopl
        173, // ioperm
    ],
};

const AARCH64: Machine = Machine {
    architecture: 0xc000_00b7,
    foreign_from: None,
    clone: 220,
    ioctl: 29,
    refused: &[
        40,  // mount
        39,  // umount2
        41,  // pivot_root
        97,  // unshare
        268, // setns
        219, // keyctl
        217, // add_key
        218, // request_key
        280, // bpf
        241, // perf_event_open
        282, // userfaultfd
        265, // open_by_handle_at
        104, // kexec_load
        294, // kexec_file_load
        105, // init_module
        273, // finit_module
        106, // delete_module
        60,  // quotactl
        224, // swapon
        225, // swapoff
        142, // reboot
        89,  // acct
        170, // settimeofday
        112, // clock_settime
        116, // syslog
        58,  // vhangup
        18,  // lookup_dcookie
    ],
};

/// The filter for this machine, or `None` where its calls are not known here: then capabilities alone have to do.
pub(super) fn filter() -> Option<Vec<u8>> {
    let machine = match std::env::consts::ARCH {
        "x86_64" => &X86_64,
        "aarch64" if cfg!(target_endian = "little") => &AARCH64,
        _ => return None,
    };
    Some(assemble(machine).into_iter().flat_map(Instruction::bytes).collect())
}

/// `struct sock_filter`.
#[derive(Debug, Clone, Copy)]
struct Instruction {
    code: u16,
    /// How many instructions are left out where the comparison holds, and where it does not.
    holds: u8,
    fails: u8,
    value: u32,
}

impl Instruction {
    fn bytes(self) -> [u8; 8] {
        let ([a, b], [c, d, e, f]) = (self.code.to_ne_bytes(), self.value.to_ne_bytes());
        [a, b, self.holds, self.fails, c, d, e, f]
    }
}

fn assemble(machine: &Machine) -> Vec<Instruction> {
    let load = |value| Instruction { code: LOAD, holds: 0, fails: 0, value };
    let answer = |value| Instruction { code: RETURN, holds: 0, fails: 0, value };
    let compare = |code, value, holds, fails| Instruction { code, holds, fails, value };
    let mut program = vec![
        load(ARCHITECTURE),
        compare(JUMP_IF_EQUAL, machine.architecture, 1, 0),
        answer(ERRNO | ENOSYS),
        load(NUMBER),
    ];
    if let Some(first) = machine.foreign_from {
        program.extend([compare(JUMP_IF_AT_LEAST, first, 0, 1), answer(ERRNO | ENOSYS)]);
    }
    for number in machine.refused.iter().chain(&MOUNTS) {
        program.extend([compare(JUMP_IF_EQUAL, *number, 0, 1), answer(ERRNO | EPERM)]);
    }
    program.extend([compare(JUMP_IF_EQUAL, CLONE3, 0, 1), answer(ERRNO | ENOSYS)]);
    program.extend([
        compare(JUMP_IF_EQUAL, machine.clone, 0, 4),
        load(FIRST_ARGUMENT),
        compare(JUMP_IF_ANY, NEW_NAMESPACES, 0, 1),
        answer(ERRNO | EPERM),
        answer(ALLOW),
    ]);
    program.extend([
        compare(JUMP_IF_EQUAL, machine.ioctl, 0, 5),
        load(SECOND_ARGUMENT),
        compare(JUMP_IF_EQUAL, TYPING[0], 1, 0),
        compare(JUMP_IF_EQUAL, TYPING[1], 0, 1),
        answer(ERRNO | EPERM),
        answer(ALLOW),
    ]);
    program.push(answer(ALLOW));
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would answer, by running the program as it does.
    fn answer(machine: &Machine, architecture: u32, number: u32, arguments: [u32; 2]) -> u32 {
        let program = assemble(machine);
        let (mut at, mut word) = (0, 0);
        loop {
            let Instruction { code, holds, fails, value } = program[at];
            at += 1;
            let condition = match code {
                RETURN => return value,
                LOAD => {
                    word = match value {
                        NUMBER => number,
                        ARCHITECTURE => architecture,
                        FIRST_ARGUMENT => arguments[0],
                        SECOND_ARGUMENT => arguments[1],
                        _ => panic!("{value}"),
                    };
                    continue;
                }
                JUMP_IF_EQUAL => word == value,
                JUMP_IF_AT_LEAST => word >= value,
                JUMP_IF_ANY => word & value != 0,
                _ => panic!("{code}"),
            };
            at += usize::from(if condition { holds } else { fails });
        }
    }

    #[test]
    fn what_docker_refuses_a_build_is_refused() {
        for machine in [&X86_64, &AARCH64] {
            let ask = |number, arguments| answer(machine, machine.architecture, number, arguments);
            for number in machine.refused.iter().chain(&MOUNTS) {
                assert_eq!(ask(*number, [0, 0]), ERRNO | EPERM, "{number}");
            }
            assert_eq!(ask(CLONE3, [0, 0]), ERRNO | ENOSYS);
            assert_eq!(ask(machine.clone, [0x1000_0011, 0]), ERRNO | EPERM, "a user namespace");
            assert_eq!(ask(machine.ioctl, [0, 0x5412]), ERRNO | EPERM, "TIOCSTI");
            assert_eq!(ask(machine.ioctl, [0, 0x541c]), ERRNO | EPERM, "TIOCLINUX");
            assert_eq!(answer(machine, 0x4000_0003, 1, [0, 0]), ERRNO | ENOSYS, "another architecture's calls");
        }
        assert_eq!(answer(&X86_64, X86_64.architecture, 0x4000_0000 | 165, [0, 0]), ERRNO | ENOSYS);
    }

    #[test]
    fn ordinary_calls_are_allowed() {
        for machine in [&X86_64, &AARCH64] {
            let ask = |number, arguments| answer(machine, machine.architecture, number, arguments);
            // A thread, a child, the size of the window.
            assert_eq!(ask(machine.clone, [0x003d_0f00, 0]), ALLOW);
            assert_eq!(ask(machine.clone, [17, 0]), ALLOW);
            assert_eq!(ask(machine.ioctl, [0, 0x5413]), ALLOW);
            assert_eq!(ask(0, [0, 0]), ALLOW);
        }
    }
}
