//! Bluetooth's names that 3.14 has added: `BDADDR_*`, `BT_*`, `HCI_CHANNEL_*`, `L2CAP_LM*` and the levels.
//!
//! C has each where its header of `BlueZ` has it: these are the names of a header of 2023 or later.

use super::constants;

constants! {
    BDADDR_BREDR = 0;
    BDADDR_LE_PUBLIC = 1;
    BDADDR_LE_RANDOM = 2;

    BT_CHANNEL_POLICY = 10;
    BT_CHANNEL_POLICY_BREDR_ONLY = 0;
    BT_CHANNEL_POLICY_BREDR_PREFERRED = 1;
    BT_CODEC = 19;
    BT_DEFER_SETUP = 7;
    BT_FLUSHABLE = 8;
    BT_FLUSHABLE_OFF = 0;
    BT_FLUSHABLE_ON = 1;
    BT_ISO_QOS = 17;
    BT_MODE = 15;
    BT_MODE_BASIC = 0;
    BT_MODE_ERTM = 1;
    BT_MODE_EXT_FLOWCTL = 4;
    BT_MODE_LE_FLOWCTL = 3;
    BT_MODE_STREAMING = 2;
    BT_PHY = 14;
    BT_PHY_BR_1M_1SLOT = 1 << 0;
    BT_PHY_BR_1M_3SLOT = 1 << 1;
    BT_PHY_BR_1M_5SLOT = 1 << 2;
    BT_PHY_EDR_2M_1SLOT = 1 << 3;
    BT_PHY_EDR_2M_3SLOT = 1 << 4;
    BT_PHY_EDR_2M_5SLOT = 1 << 5;
    BT_PHY_EDR_3M_1SLOT = 1 << 6;
    BT_PHY_EDR_3M_3SLOT = 1 << 7;
    BT_PHY_EDR_3M_5SLOT = 1 << 8;
    BT_PHY_LE_1M_RX = 1 << 10;
    BT_PHY_LE_1M_TX = 1 << 9;
    BT_PHY_LE_2M_RX = 1 << 12;
    BT_PHY_LE_2M_TX = 1 << 11;
    BT_PHY_LE_CODED_RX = 1 << 14;
    BT_PHY_LE_CODED_TX = 1 << 13;
    BT_PKT_STATUS = 16;
    BT_POWER = 9;
    BT_POWER_FORCE_ACTIVE_OFF = 0;
    BT_POWER_FORCE_ACTIVE_ON = 1;
    BT_RCVMTU = 13;
    BT_SECURITY = 4;
    BT_SECURITY_FIPS = 4;
    BT_SECURITY_HIGH = 3;
    BT_SECURITY_LOW = 1;
    BT_SECURITY_MEDIUM = 2;
    BT_SECURITY_SDP = 0;
    BT_SNDMTU = 12;
    BT_VOICE = 11;
    BT_VOICE_CVSD_16BIT = 0x60;
    BT_VOICE_TRANSPARENT = 0x3;
    BT_VOICE_TRANSPARENT_16BIT = 0x63;

    HCI_CHANNEL_CONTROL = 3;
    HCI_CHANNEL_LOGGING = 4;
    HCI_CHANNEL_MONITOR = 2;
    HCI_CHANNEL_RAW = 0;
    HCI_CHANNEL_USER = 1;
    HCI_DEV_NONE = 0xffff;

    L2CAP_LM = 3;
    L2CAP_LM_AUTH = 0x2;
    L2CAP_LM_ENCRYPT = 0x4;
    L2CAP_LM_MASTER = 0x1;
    L2CAP_LM_RELIABLE = 0x10;
    L2CAP_LM_SECURE = 0x20;
    L2CAP_LM_TRUSTED = 0x8;

    SOL_BLUETOOTH = 274;
    SOL_L2CAP = 6;
    SOL_RFCOMM = 18;
    SOL_SCO = 17;
}
