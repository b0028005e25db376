"""The words that a case record may hold: whatever else a header says there becomes OTHER.

Manufacturers, models and kernels can carry typed text, and code strings are free text to many
writers; a closed list is the only sure way to keep names and numbers of people out.
"""

from __future__ import annotations

import re

OTHER = "OTHER"

MODALITIES = frozenset(
    "AR BI BMD CR CT CTPROTOCOL DG DOC DX ECG EPS ES FID GM HC HD IO IOL IVOCT IVUS KER KO LEN LS MG MR NM OAM OCT OP "
    "OPM OPT OPTBSV OPTENF OPV OSS OT PLAN PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTPLAN RTRECORD RTSTRUCT RWV SEG SM "
    "SMR SR SRF STAIN TG US VA XA XC".split()
)
IMAGE_TYPE = frozenset(
    "ORIGINAL DERIVED PRIMARY SECONDARY MIXED AXIAL LOCALIZER REFORMATTED RESAMPLED VOLUME ANGIO CARDIAC PERFUSION "
    "NONE M P R I M_FFE M_IR M_SE PHASE_MAP MAGNITUDE PHASE REAL IMAGINARY ADC TRACE TRACEW DIFFUSION DIS2D DIS3D "
    "NORM ND MOSAIC MIP MPR MINIP PROJECTION WATER FAT IN_PHASE OUT_PHASE IP OP W F OTHER FA CSAPARALLEL STATIC "
    "DYNAMIC GATED TOMO EMISSION TRANSMISSION RECON WHOLE BODY SCREEN SAVE SINGLE BIPLANE STACK POST_PROCESSED "
    "POST_CONTRAST PRE_CONTRAST SUBTRACTION MAX_IP MIN_IP FUSED T1 T2 T2_STAR CBF CBV MTT TTP SE FFE IR".split()
)
BODY_PARTS = frozenset(
    "ABDOMEN ABDOMENPELVIS ANKLE AORTA ARM BACK BLADDER BRAIN BREAST CALF CALCANEUS CAROTID CERVIX CHEST "
    "CHESTABDOMEN CHESTABDPELVIS CLAVICLE COCCYX COLON CSPINE CTSPINE EAR ELBOW EXTREMITY EYE FACE FEMUR FINGER FOOT "
    "FOREARM GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS IAC JAW KIDNEY KNEE LEG LIVER LSPINE LSSPINE LUNG MAXILLA "
    "MEDIASTINUM MOUTH NECK NECKCHEST NOSE ORBIT OVARY PANCREAS PATELLA PELVIS PENIS PROSTATE RECTUM RIB SACRUM SCALP "
    "SCAPULA SELLA SHOULDER SKULL SPINE SPLEEN STERNUM SSPINE TESTIS THIGH THORAX THUMB THYMUS THYROID TLSPINE TMJ TOE "
    "TSPINE UTERUS WHOLEBODY WRIST ZYGOMA".split()
)
VIEWS = frozenset(
    "AP PA LL RL LLD RLD LLO RLO RAO LAO RPO LPO LATERAL LAT OBL OBLIQUE CC MLO ML LM LMO SIO XCC XCCL XCCM FB ISO AT "
    "RM RL TAN DECUB SWIMMERS SUNRISE AXIAL".split()
)
KERNELS = frozenset(
    "STANDARD SOFT LUNG BONE BONEPLUS DETAIL EDGE CHEST ULTRA CONVOLUTION HARD SHARP SMOOTH MEDIUM B C D A E F L "
    "YA YB YC YD UA UB UC EA EB EC".split()
)
_KERNEL_CODE = re.compile(r"[ABCDFHIJQRSTU][A-Z]?\d{2}[A-Z]?|FC\d{2}|\d")
_SEQUENCE_WORDS = frozenset("SE IR GR EP RM SK MTC SS TRSS SP MP OSP TOF NONE".split())
_MAKERS = {
    "siemens": "SIEMENS", "ge medical": "GE", "ge healthcare": "GE", "general electric": "GE", "philips": "PHILIPS",
    "toshiba": "CANON", "canon": "CANON", "fuji": "FUJIFILM", "hitachi": "HITACHI", "hologic": "HOLOGIC", "lorad": "HOLOGIC",
    "agfa": "AGFA", "carestream": "CARESTREAM", "kodak": "CARESTREAM", "samsung": "SAMSUNG", "konica": "KONICA MINOLTA",
    "swissray": "SWISSRAY", "varian": "VARIAN", "united imaging": "UNITED IMAGING", "uih": "UNITED IMAGING",
    "neusoft": "NEUSOFT", "shimadzu": "SHIMADZU", "planmeca": "PLANMECA", "mindray": "MINDRAY", "hyperfine": "HYPERFINE",
    "bruker": "BRUKER", "elekta": "ELEKTA", "accuray": "ACCURAY", "imaging dynamics": "IDC", "delft": "DELFT",
    "elscint": "ELSCINT", "picker": "PICKER", "marconi": "PHILIPS", "adac": "PHILIPS", "esaote": "ESAOTE",
    "giotto": "IMS GIOTTO", "ims": "IMS GIOTTO", "sectra": "SECTRA", "vidar": "VIDAR", "scanloom phantom": "PHANTOM",
}  # fmt: skip
_MODELS = frozenset(
    "ACHIEVA INGENIA INTERA PANORAMA AERA AVANTO SKYRA PRISMA VERIO TRIO TRIOTIM ESPREE SYMPHONY VIDA SOLA ALTEA LUMINA "
    "AMIRA TERRA ESSENZA BIOGRAPH SENSATION EMOTION SOMATOM DEFINITION FORCE DRIVE EDGE PERSPECTIVE SCOPE NAEOTOM "
    "SIGNA DISCOVERY OPTIMA LIGHTSPEED BRIGHTSPEED REVOLUTION HISPEED GENESIS ADVANCE BRILLIANCE INGENUITY ICT IQON "
    "GEMINI VEREOS MX8000 AQUILION ACTIVION ALEXION ASTEION VANTAGE TITAN GALAN ORIAN SCENARIA SUPRIA ECHELON OASIS "
    "SELENIA DIMENSIONS SENOGRAPHE PRISTINA MAMMOMAT INSPIRATION NOVATION MICRODOSE AMULET DRX DIRECTVIEW DIGITALDIAGNOST "
    "ESSENTA YSIO AXIOM LUMINOS MULTIX DEFINIUM XR646 XR656 XR220 DX-D CR CR850 CR950 CR975 FCR PRIMA CAPSULA PHANTOM "
    "LOGIQ VIVID VOLUSON EPIQ AFFINITI IU22 HD11 ACUSON ARTIS ALLURA AZURION INNOVA SWOOP".split()
)

WORDS: dict[str, frozenset[str]] = {
    "ImageType": IMAGE_TYPE,
    "Modality": MODALITIES,
    "BodyPartExamined": BODY_PARTS,
    "Laterality": frozenset("R L".split()),
    "ImageLaterality": frozenset("R L U B".split()),
    "ViewPosition": VIEWS,
    "PatientPosition": frozenset("HFP HFS HFDR HFDL FFDR FFDL FFP FFS LFP LFS RFP RFS AFDR AFDL PFDR PFDL".split()),
    "PresentationIntentType": frozenset(("FOR PRESENTATION", "FOR PROCESSING")),
    "PhotometricInterpretation": frozenset(
        ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
    ),
    "PixelIntensityRelationship": frozenset("LIN LOG DISP".split()),
    "RescaleType": frozenset("HU US OD MGML Z_EFF ED EDW HU_MOD PCT".split()),
    "Units": frozenset("CNTS NONE CM2 CM2ML PCNT CPS BQML MGMINML UMOLMINML MLMING MLG 1CM UMOLML PROPCNTS PROPCPS "
                       "MLMINML MLML GML STDDEV".split()),  # fmt: skip
    "DecayCorrection": frozenset("NONE START ADMIN".split()),
    "CorrectedImage": frozenset("DECY ATTN SCAT DTIM MOTN PMOT CLN RAN RADL DCAL NORM NCON GEOM COMB UNIF".split()),
    "LossyImageCompression": frozenset("00 01".split()),
    "BurnedInAnnotation": frozenset("YES NO".split()),
    "PatientSex": frozenset("F M O".split()),
    "ScanningSequence": _SEQUENCE_WORDS,
    "SequenceVariant": _SEQUENCE_WORDS,
    "MRAcquisitionType": frozenset("2D 3D".split()),
}


def word(keyword: str, value: str) -> str:
    """The value if it is one of the keyword's words, else OTHER; "" stays empty."""
    return value if not value or value in WORDS[keyword] else OTHER


def maker(value: str) -> str:
    """The manufacturer's one name, whatever its spelling, else OTHER."""
    lowered = value.lower()
    return next((name for part, name in _MAKERS.items() if lowered.startswith(part)), OTHER if value else "")


def model(value: str) -> str:
    """The known product names in a model's designation, else OTHER."""
    known = [part for part in re.split(r"[\s_/()]+", value.upper()) if part in _MODELS]
    return " ".join(known) if known else OTHER if value else ""


def kernel(value: str) -> str:
    """The reconstruction kernel if it has a known form, else OTHER."""
    upper = value.upper()
    return upper if not value or upper in KERNELS or _KERNEL_CODE.fullmatch(upper) else OTHER
