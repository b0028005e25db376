"""How a plane was acquired, as far as that may tell the volumes of one series apart.

The header reader fills it in; nothing of it goes further than the grouping but for the listed attributes of
a case. Most planes of a series share one record.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Acquisition:
    """What a header says of a plane's acquisition; None where it is silent.

    Several values of one element are joined by a backslash; words of which the order says nothing are
    sorted. Times are in ms, flip angles in degrees, b-values in s/mm².
    """

    presentation_intent: str | None = None
    """Presentation Intent Type (0008,0068)."""
    intensity_relationship: str | None = None
    """Pixel Intensity Relationship (0028,1040)."""
    kernel: str | None = None
    """Convolution Kernel (0018,1210)."""
    contrast_given: bool = False
    """Whether (0018,0010) or (0018,0012) names an agent, (0018,1041) and the like tell of one, or (0018,9342)
    is YES; which one stays there."""
    component: str | None = None
    """Complex Image Component (0008,9208)."""
    scanning_sequence: str | None = None
    """Scanning Sequence (0018,0020), sorted."""
    sequence_variant: str | None = None
    """Sequence Variant (0018,0021), sorted."""
    scan_options: str | None = None
    """Scan Options (0018,0022), sorted."""
    acquisition_type: str | None = None
    """MR Acquisition Type (0018,0023)."""
    sequence_name: str | None = None
    """Sequence Name (0018,0024)."""
    phase_encoding: str | None = None
    """In-plane Phase Encoding Direction (0018,1312), COL for what enhanced objects call COLUMN."""
    filter_type: str | None = None
    """Filter Type (0018,1160)."""
    patient_position: str | None = None
    """Patient Position (0018,5100)."""
    corrections: str | None = None
    """Corrected Image (0028,0051) of a PET, sorted."""
    decay_correction: str | None = None
    """Decay Correction (0054,1102)."""
    reconstruction: str | None = None
    """Reconstruction Method (0054,1103)."""
    series_type: str | None = None
    """Series Type (0054,1000) of a PET, as DYNAMIC\\IMAGE, sorted."""
    stack_id: str | None = None
    """Stack ID (0020,9056)."""
    kvp: float | None = None
    """KVP (0018,0060), kV."""
    cardiac_phase: float | None = None
    """Nominal Percentage of Cardiac Phase (0020,9241)."""
    respiratory_phase: float | None = None
    """Nominal Percentage of Respiratory Phase (0020,9245)."""
    echo_time: float | None = None
    """Echo Time (0018,0081), Effective Echo Time (0018,9082)."""
    echo_number: float | None = None
    """Echo Number(s) (0018,0086)."""
    inversion_time: float | None = None
    """Inversion Time (0018,0082), Inversion Times (0018,9079)."""
    flip_angle: float | None = None
    """Flip Angle (0018,1314)."""
    repetition_time: float | None = None
    """Repetition Time (0018,0080)."""
    echo_train: float | None = None
    """Echo Train Length (0018,0091)."""
    averages: float | None = None
    """Number of Averages (0018,0083)."""
    b_value: float | None = None
    """Diffusion b-value (0018,9087), else that of a Siemens mosaic's private header."""
    gradient: tuple[float, ...] | None = None
    """Diffusion Gradient Orientation (0018,9089), to six digits, else as the b-value."""
    temporal_position: float | None = None
    """Temporal Position Identifier (0020,0100) or Index (0020,9128), or a time vector (C.8.4.8)."""
    trigger_time: float | None = None
    """Trigger Time (0018,1060), Nominal Cardiac Trigger Delay Time (0020,9153)."""
    frame_reference_time: float | None = None
    """Frame Reference Time (0054,1300); it differs between the beds of one PET, too."""
    dimension_index: str | None = None
    """Dimension Index Values (0020,9157), or vectors of nuclear medicine, of all but place and time."""
    temporal_positions: int = 0
    """Number of Temporal Positions (0020,0105), how many the series announces; 0 where it announces none."""
    time_slots: int = 0
    """Number of Time Slots (0054,0071) of a gated PET or NM series; 0 where none are announced."""
    time_slices: int = 0
    """Number of Time Slices (0054,0101) of a dynamic one; 0 where none are announced."""
    stack_position: int = 0
    """In-Stack Position Number (0020,9057), from 1; 0 where it isn't told."""
    part: int = 0
    """In-concatenation Number (0020,9162) of an object that is one part of several; 0 of a whole one."""
    parts: int = 0
    """In-concatenation Total Number (0020,9163); 0 where it isn't told."""
    announced_slices: int = 0
    """Number of Slices (0054,0081) of one volume, 0 where none are announced."""
    announced_images: int = 0
    """Images in Acquisition (0020,1002), over all series of the acquisition; 0 where none are announced."""
    series_images: int = 0
    """Number of Series Related Instances (0020,1209) or Images in Series (0020,1003); 0 where untold."""
